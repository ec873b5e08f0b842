"""A server, or somebody on the way, that says or sends what is not so. Nothing of it ever lands under a file's name."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.middle import Change, Middle, Passed
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person

__all__ = ["company"]
pytestmark = pytest.mark.slow


def in_downloads(alter: Callable[[dict[str, object]], None]) -> Change:
    """Alter each file of the answer that opens a download."""

    def change(passed: Passed) -> None:
        if passed.method == "POST" and passed.path.endswith("/downloads"):
            answer = json.loads(passed.body)
            for one in answer["files"]:
                alter(one)
            passed.body = json.dumps(answer).encode()

    return change


def in_ranges(alter: Callable[[Passed], None]) -> Change:
    """Alter each answer with bytes."""

    def change(passed: Passed) -> None:
        if passed.status == 206:
            alter(passed)

    return change


def shorter(passed: Passed) -> None:
    passed.body = passed.body[:-1]


def longer(passed: Passed) -> None:
    passed.body += b"and more"


def flipped(passed: Passed) -> None:
    passed.body = passed.body[:-1] + bytes([passed.body[-1] ^ 1])


LIES: dict[str, tuple[Change, int]] = {
    "a smaller size": (in_downloads(lambda one: one.update(size=1)), 6),
    "a larger size": (in_downloads(lambda one: one.update(size=10**15)), 6),
    "another length": (in_downloads(lambda one: one.update(length=57)), 6),
    "a negative size": (in_downloads(lambda one: one.update(size=-1)), 6),
    "another file's key": (in_downloads(lambda one: one.update(key="A" * 43)), 6),
    "a record cut short": (in_downloads(lambda one: one.update(record=str(one["record"])[:-8])), 6),
    "more bytes than asked for": (in_ranges(longer), 6),
    "fewer bytes than the range": (in_ranges(shorter), 6),
    "a flipped bit": (in_ranges(flipped), 6),
    "no files in the answer": (in_downloads(lambda one: one.pop("id")), 7),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_and_nothing_is_written(company: Company, tmp_path: Path, lie: str) -> None:
    (tmp_path / "f.bin").write_bytes(os.urandom(300_000))
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f.bin"))
    change, code = LIES[lie]
    with Middle(company.url, change=change) as middle:
        link = link.replace(company.url, middle.url)
        ended = company.outsider(tmp_path).attempt("get", link, "-o", str(tmp_path / "in"))
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "fumibako: Next: " in ended.stderr
    assert ended.stdout == ""
    assert not [p for p in tmp_path.glob("in/*") if not p.name.startswith(".")]


def test_a_changed_bit_in_a_pack_costs_one_file_and_the_next_run_brings_the_rest(
    company: Company, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number:02}.bin").write_bytes(os.urandom(2048))

    def change(passed: Passed) -> None:
        if passed.status == 206:
            passed.body = passed.body[:40_000] + bytes([passed.body[40_000] ^ 1]) + passed.body[40_001:]

    sent, link = company.sent(company.staff(tmp_path), str(folder))
    assert sent["files"] == 30
    guest = company.outsider(tmp_path)
    with Middle(company.url, change=change) as middle:
        ended = guest.attempt("get", link.replace(company.url, middle.url), "-o", str(tmp_path / "in"))
        assert len([one for one in middle.of("GET", "/") if one.status == 206]) == 1
    assert ended.returncode == 6, ended.stderr
    landed = {p.name: p.read_bytes() for p in (tmp_path / "in" / "many").iterdir()}
    assert landed == {p.name: p.read_bytes() for p in sorted(folder.iterdir())[:19]}
    guest.json("get", link, "-o", str(tmp_path / "in"))
    whole = {p.name: p.read_bytes() for p in (tmp_path / "in" / "many").iterdir()}
    assert whole == {p.name: p.read_bytes() for p in folder.iterdir()}
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["many"]


def test_other_plans_of_parts_are_refused(company: Company, tmp_path: Path) -> None:
    def change(passed: Passed) -> None:
        if passed.method == "POST" and passed.path == "/transfers/v1/transfers":
            answer = json.loads(passed.body)
            for one in answer["uploads"]:
                one["size"] += 1
            passed.body = json.dumps(answer).encode()

    (tmp_path / "f.bin").write_bytes(os.urandom(10))
    with Middle(company.url, change=change) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        ended = staff.attempt("send", str(tmp_path / "f.bin"), "--to", someone())
    assert (ended.returncode, "[server_wrong]" in ended.stderr) == (7, True), ended.stderr


def test_a_part_counts_only_with_the_store_s_own_answer(company: Company, tmp_path: Path) -> None:
    """A portal answers the first PUT with 200 and a page; the part is sent again, and what arrives is whole."""
    pages = 0

    def change(passed: Passed) -> None:
        nonlocal pages
        if passed.method == "PUT" and not pages:
            pages += 1
            passed.headers, passed.body = {"Content-Type": "text/html"}, b"<html>please sign in</html>"

    (tmp_path / "f.bin").write_bytes(os.urandom(100_000))
    with Middle(company.url, change=change) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        sent = staff.json("send", str(tmp_path / "f.bin"), "--to", someone(), "--hold", "0")
        assert len(middle.of("PUT", "/")) == 2
    reader = company.staff(tmp_path)
    reader.run("wait", sent["id"], "--timeout", "60s")
    [got] = reader.json("get", sent["id"], "-o", str(tmp_path / "in"))["files"]
    assert Path(got["path"]).read_bytes() == (tmp_path / "f.bin").read_bytes()


def test_a_title_of_the_sender_moves_no_cursor(company: Company, tmp_path: Path) -> None:
    def change(passed: Passed) -> None:
        if passed.path.endswith("/links/look"):
            answer = json.loads(passed.body)
            answer["sender"]["name"] = "\x1b[2J\u202eeve"
            passed.body = json.dumps(answer).encode()

    (tmp_path / "f").write_text("x")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f"))
    with Middle(company.url, change=change) as middle:
        link = link.replace(company.url, middle.url)
        ended = company.outsider(tmp_path).attempt("get", link, "-o", str(tmp_path / "in"))
    assert ended.returncode == 0, ended.stderr
    assert "\x1b" not in ended.stderr
    assert "\u202e" not in ended.stderr


@pytest.mark.parametrize("given", ["../../escaped", "tr_x/../../escaped", "", 7, None])
def test_an_id_that_is_none_becomes_no_path(company: Company, tmp_path: Path, given: object) -> None:
    def change(passed: Passed) -> None:
        if passed.method == "GET" and "/transfers/v1/transfers/tr_" in passed.path:
            answer = json.loads(passed.body)
            answer["id"] = given
            passed.body = json.dumps(answer).encode()

    (tmp_path / "f.bin").write_bytes(os.urandom(10))
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f.bin"), "--class", "plain")
    with Middle(company.url, change=change) as middle:
        words = ("get", link.replace(company.url, middle.url), "-o", str(tmp_path / "deep" / "in"))
        ended = company.outsider(tmp_path).attempt(*words)
    assert (ended.returncode, "[server_wrong]" in ended.stderr) == (7, True), ended.stderr
    assert not list(tmp_path.rglob("*escaped*"))


def test_texts_in_rows_move_no_cursor_and_make_no_column(company: Company, tmp_path: Path) -> None:
    def change(passed: Passed) -> None:
        if passed.method == "PATCH":
            passed.body = json.dumps({**json.loads(passed.body), "expires_at": "\x1b[2J\u202e3d"}).encode()
        if passed.method == "GET" and "/transfers/v1/transfers" in passed.path:
            answer = json.loads(passed.body)
            for one in answer.get("items", [answer]):
                one["state"], one["scan"] = "\x1b[2Jready", "\u202enaelc"
                one["recipients"][0]["email"] = "a@b.example\tc\nd"
            passed.body = json.dumps(answer).encode()

    (tmp_path / "f.bin").write_bytes(os.urandom(10))
    sent = company.staff(tmp_path).json("send", str(tmp_path / "f.bin"), "--to", someone(), "--hold", "60")
    with Middle(company.url, change=change) as middle:
        staff = Person(tmp_path / "other", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        shown = [staff.run("list", "--limit", "1"), staff.run("show", sent["id"])]
        extended = staff.attempt("extend", sent["id"], "--expires", "3d")
    assert extended.returncode == 0, extended.stderr
    for text in (*shown, extended.stderr):
        assert not {"\x1b", "\u202e"} & set(text)
    assert shown[0].count("\n") == 1
    assert shown[0].count("\t") == 5
