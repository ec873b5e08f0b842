"""The help of every verb, in both languages, and the page that is made of it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fumibako import messages
from fumibako.cli import main
from fumibako.cli.command import build_parser
from fumibako.cli.completion_words import words_of
from fumibako.columns import columns_of

from tests.e2e.support.people import Person
from tools.generate_docs import ROOT, cli_page

PLACES = words_of(build_parser())
EVERY = [place.path for place in PLACES]
VERBS = [place.path[0] for place in PLACES if len(place.path) == 1]


Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """Exit code, stdout and stderr of a command in a language; in this process, for there are many."""

    def run(language: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("FUMIBAKO_LANG", language)
        monkeypatch.setenv("COLUMNS", "80")
        messages.language.cache_clear()
        try:
            code = main(list(words))
        except SystemExit as ended:
            code = int(ended.code or 0)
        return (code, *capsys.readouterr())

    yield run
    messages.language.cache_clear()


@pytest.mark.parametrize("verb", EVERY, ids=" ".join)
def test_help_reads_well_in_both_languages(said: Said, verb: tuple[str, ...]) -> None:
    (code, english, _), (_, japanese, _) = said("en", *verb, "--help"), said("ja", *verb, "--help")
    assert code == 0
    assert english.startswith("usage: fumibako")
    assert japanese.startswith("使い方: fumibako")
    assert not re.search("usage:|options:|show this|positional", japanese)
    assert not re.search("[ぁ-ん]", english)
    options = [set(re.findall(r"(?m)^ +(?:-\w(?: \w+)?, )?(--[\w-]+)", text)) for text in (english, japanese)]
    assert options[0] == options[1]
    assert all(columns_of(line) <= 80 for line in (english + japanese).splitlines())
    # Every option says what it is for.
    for line in re.findall(r"(?m)^  -.*$", english):
        assert "  " in line.strip() or len(line) > 20


def test_help_goes_to_stdout_and_ends_with_0(tmp_path: Path) -> None:
    ended = Person(tmp_path).attempt("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert Person(tmp_path).run("--version").startswith("fumibako ")


def test_the_page_of_the_guides_is_up_to_date() -> None:
    assert (ROOT / "docs" / "guides" / "cli.md").read_text("utf-8") == cli_page(), "run `make docs`"


def test_every_verb_is_in_the_page_and_takes_json() -> None:
    page = (ROOT / "docs" / "guides" / "cli.md").read_text("utf-8")
    for verb in VERBS:
        assert f"\n## {verb}\n" in page
    options = build_parser().parse_args(["list", "--json"])
    assert options.json
    assert json.loads(json.dumps(vars(options), default=str))["verb"] == "list"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "COMMAND|コマンド"),
        (("send", "x", "--parallel", "many"), "--parallel"),
        (("send", "x", "--to"), "--to"),
        (("fly",), "fly"),
        (("list", "--box", "lost"), "lost"),
        (("logout", "--now"), "--now"),
    ],
)
def test_a_wrong_command_line_is_explained(said: Said, language: str, words: tuple[str, ...], part: str) -> None:
    code, out, error = said(language, *words)
    assert (code, out) == (2, "")
    assert re.search(part, error)
    assert error.count("\n") == 2
    assert bool(re.search("[ぁ-ん]", error)) == (language == "ja")


def test_a_terminal_that_knows_only_ascii_gets_something_readable(tmp_path: Path) -> None:
    ended = Person(tmp_path, FUMIBAKO_LANG="ja", PYTHONIOENCODING="ascii", LC_ALL="C").attempt("list")
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
