"""``config``: kept beside the sign-in, behind options and variables, and never a secret."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.transcript import expect, refused
from tests.e2e.support.people import Person

KEPT = r"Kept in .+/config/fumibako/config\.json\."


def test_set_get_list_unset(tmp_path: Path) -> None:
    person = Person(tmp_path)
    expect(person.attempt("config", "list"), 0)
    expect(person.attempt("config", "set", "url", "https://files.example.jp/"), 0, err=[KEPT])
    expect(person.attempt("config", "set", "parallel", "8"), 0, err=[KEPT])
    expect(person.attempt("config", "list"), 0, out=[r"url\thttps://files\.example\.jp", r"parallel\t8"])
    expect(person.attempt("config", "get", "url"), 0, out=r"https://files\.example\.jp")
    expect(person.attempt("config", "unset", "url"), 0, err=[KEPT])
    refused(person.attempt("config", "get", "url"), 2, "setting_unset")
    path = tmp_path / "config" / "fumibako" / "config.json"
    assert json.loads(path.read_text()) == {"parallel": "8"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("url", "files.example.jp"), "url_wrong"),
        (("url", "https://user:secret@files.example.jp"), "url_wrong"),
        (("language", "fr"), "language_wrong"),
        (("parallel", "0"), "parallel_wrong"),
        (("parallel", "many"), "parallel_wrong"),
        (("token", "secret"), "usage"),
    ],
)
def test_what_can_t_be_kept(tmp_path: Path, words: tuple[str, str], code: str) -> None:
    ended = Person(tmp_path).attempt("config", "set", *words)
    refused(ended, 2, code)
    assert not list(tmp_path.rglob("config.json"))
    assert "secret" not in ended.stderr


def test_a_language_that_was_set_is_spoken_and_the_variable_goes_before_it(tmp_path: Path) -> None:
    Person(tmp_path).run("config", "set", "language", "ja")
    unset = Person(tmp_path, FUMIBAKO_LANG="")
    assert "サインインしていません" in unset.attempt("list").stderr
    assert "使い方" in unset.run("list", "--help")
    assert "not signed in" in Person(tmp_path, FUMIBAKO_LANG="en").attempt("list").stderr


def test_the_address_that_was_set_is_the_one_to_sign_in_to(tmp_path: Path) -> None:
    person = Person(tmp_path)
    login = ("login", "--email", "a@acme.example", "--password-file", "/dev/null")
    refused(person.attempt(*login), 2, "url_wrong")
    person.run("config", "set", "url", "http://127.0.0.1:9")
    refused(person.attempt(*login), 7, "network")


def test_a_folder_is_kept_whole(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.run("config", "set", "folder", "inbox")
    assert Path(person.run("config", "get", "folder").strip()).is_absolute()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"parallel": 8, "language": "fr", "other": "x"}', "\x00"])
def test_a_damaged_file_stops_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config" / "fumibako" / "config.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    refused(Person(tmp_path).attempt("list"), 3, "signed_out")
    Person(tmp_path).run("config", "set", "parallel", "8")
    assert Person(tmp_path).run("config", "get", "parallel") == "8\n"
    assert os.listdir(path.parent) == ["config.json"]  # noqa: PTH208  # hidden ones too
