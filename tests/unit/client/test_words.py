import ast
import json
import re
import string
from pathlib import Path

import pytest
from fumibako import messages
from fumibako.cli.command import build_parser
from fumibako.cli.durations import minutes_of
from fumibako.cli.parser import COMPLAINTS
from fumibako.errors import UsageError
from fumibako.links import parse_link, to_digits
from fumibako.progress import readable_size, readable_time

CLIENT = Path(messages.__file__).parent
CATALOGUES = {name: json.loads((CLIENT / f"messages_{name}.json").read_text("utf-8")) for name in ("en", "ja")}


def used_keys() -> set[str]:
    found = set()
    for path in CLIENT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
                found |= {a.value for a in node.args if isinstance(a, ast.Constant)}
    found |= {key for _, key in COMPLAINTS}
    return found | {f"scan_{scan}" for scan in ("pending", "not_scanned", "unscannable", "infected")}


def test_both_languages_have_exactly_the_sentences_that_are_used() -> None:
    assert set(CATALOGUES["en"]) == set(CATALOGUES["ja"]) == used_keys()


@pytest.mark.parametrize("key", sorted(CATALOGUES["en"]))
def test_both_languages_fill_the_same_places(key: str) -> None:
    places = [{f for _, f, _, _ in string.Formatter().parse(CATALOGUES[name][key]) if f} for name in ("en", "ja")]
    assert places[0] == places[1]
    assert all(CATALOGUES[name][key].strip() for name in ("en", "ja"))
    assert re.search("[ぁ-んァ-ヶ一-龠]|^(ID)$", CATALOGUES["ja"][key])


@pytest.mark.parametrize(
    ("typed", "minutes"), [("30m", 30), ("12h", 720), ("7d", 10_080), ("2w", 20_160), (" 1d ", 1440)]
)
def test_durations(typed: str, minutes: int) -> None:
    assert minutes_of(typed) == minutes


@pytest.mark.parametrize("typed", ["", "7", "d7", "-1d", "1.5h", "7days", "9999999d"])
def test_what_is_no_duration(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        minutes_of(typed)
    assert caught.value.code == "duration_wrong"


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 30, "3.0 GiB")])
def test_sizes(count: int, words: str) -> None:
    assert readable_size(count) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (75, "1:15"), (3700, "1:01:40")])
def test_times(seconds: float, words: str) -> None:
    assert readable_time(seconds) == words


def test_a_link_with_and_without_its_key() -> None:
    token = "acme." + "t" * 27
    assert parse_link(f"https://files.acme.example/l#{token}").key is None
    whole = parse_link(f"  https://files.acme.example/l#{token}.{'k' * 43} ")
    assert (whole.url, whole.token, whole.key) == ("https://files.acme.example", token, "k" * 43)


@pytest.mark.parametrize(
    "address", ["", "files.acme.example", "ftp://h/l#acme.t" + "t" * 30, "https://h/l#", "https://h/l#acme.short"]
)
def test_what_is_no_link(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_link(address)
    assert caught.value.code == "link_wrong"


@pytest.mark.parametrize("typed", ["12345678", "１２３４５６７８", "1234 5678", "1234-5678 "])
def test_codes_as_people_type_and_paste_them(typed: str) -> None:
    assert to_digits(typed) == "12345678"


@pytest.mark.parametrize("first", ["--", "-h", "-o", "-q", "-z", "aZ"])
def test_a_key_may_begin_with_a_hyphen(first: str) -> None:
    key = first + "g" * (43 - len(first))
    options = build_parser().parse_args(["get", "https://files.example.jp/l#acme.x", "--key", key, "-o", "inbox"])
    assert (options.key, options.output) == (key, Path("inbox"))


def test_a_key_left_out_is_not_the_option_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["get", "https://files.example.jp/l#acme.x", "--key", "--json"])
    assert "--key needs a value" in capsys.readouterr().err
