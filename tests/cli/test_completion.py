"""Completion as a shell does it: the script is loaded, words are typed, the shell answers."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.support.people import Person

# What bash itself would set before it calls the function of a command.
_TYPED = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_fumibako
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish"):
        script = Person(folder / "home", FUMIBAKO_LANG="ja").run("completion", shell)
        (folder / shell).write_text(script, "utf-8")
    return folder


def in_bash(scripts: Path, *words: str, folder: Path | None = None) -> list[str]:
    command = ["bash", "--norc", "-c", _TYPED, "bash", str(scripts / "bash"), "fumibako", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (("se",), ["send", "service-account"]),
        (("request", ""), ["create", "list", "close"]),
        (("audit", "ch"), ["check"]),
        (("send", "--pro"), ["--proof"]),
        (("send", "--proof", ""), ["link", "code", "passphrase"]),
        (("send", "--title", "get", "--se"), ["--seal"]),
        (("wait", "tr_x", "--for", "d"), ["downloaded", "destroyed"]),
        (("request", "create", "--max-"), ["--max-files", "--max-bytes"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("config", "set", "lang"), ["language"]),
        (("send", "x", "--to", ""), [""]),
        (("--ver",), ["--version"]),
    ],
)
def test_bash_finishes_words(scripts: Path, words: tuple[str, ...], answers: list[str]) -> None:
    assert in_bash(scripts, *words) == answers


def test_bash_finishes_names_on_the_disk(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "annual report.pdf").touch()
    (tmp_path / "annex").mkdir()
    assert sorted(in_bash(scripts, "send", "ann", folder=tmp_path)) == ["annex", "annual report.pdf"]
    assert in_bash(scripts, "send", "x", "--passphrase-file", "annu", folder=tmp_path) == ["annual report.pdf"]


def test_bash_calls_the_function_that_was_registered(scripts: Path) -> None:
    command = ["bash", "--norc", "-c", 'source "$1"; complete -p fumibako', "bash", str(scripts / "bash")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "complete -F _fumibako fumibako\n"


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_each_shell_finds_the_script_well_formed(scripts: Path, shell: str) -> None:
    done = subprocess.run([shell, "-n", str(scripts / shell)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("fumibako se", {"send", "service-account"}),
        ("fumibako request ", {"create", "list", "close"}),
        ("fumibako send --proof ", {"link", "code", "passphrase"}),
        ("fumibako config set lang", {"language"}),
        ("fumibako send --max-d", {"--max-downloads"}),
    ],
)
def test_fish_finishes_words(scripts: Path, tmp_path: Path, line: str, wanted: set[str]) -> None:
    ask = 'source $argv[1]; complete -C "$argv[2]"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask, str(scripts / "fish"), line], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stderr == ""
    assert {answer.split("\t")[0] for answer in done.stdout.splitlines()} == wanted
    # With what it is for, in the person's language.
    if wanted == {"create", "list", "close"}:
        assert "依頼" in done.stdout


def test_zsh_loads_it(scripts: Path, tmp_path: Path) -> None:
    load = 'autoload -Uz compinit && compinit -D -d "$2"; source "$1"; print -r -- ${_comps[fumibako]}'
    command = ["zsh", "-f", "-c", load, "zsh", str(scripts / "zsh"), str(tmp_path / "dump")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("_fumibako\n", "")
