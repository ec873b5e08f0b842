"""``wait`` and ``extend``: what a script does between sending and going on."""

import json
import threading
import time
from pathlib import Path

import pytest

from tests.cli.middle import Middle, Passed
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture
def letter(tmp_path: Path) -> str:
    (tmp_path / "letter.txt").write_text("Dear Ms Sato,\n")
    return str(tmp_path / "letter.txt")


def test_ready_downloaded_destroyed(company: Company, tmp_path: Path, letter: str) -> None:
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    sent, link = company.sent(staff, letter)
    staff.run("wait", sent["id"], "--timeout", "60s")
    refused(staff.attempt("wait", sent["id"], "--for", "downloaded", "--timeout", "1s"), 7, "wait_over")
    waiting = staff.start("wait", sent["id"], "--for", "downloaded", "--timeout", "60s", "--json")
    guest.run("get", link, "-o", str(tmp_path / "in"))
    out, _ = waiting.communicate(timeout=60)
    assert (waiting.returncode, '"for": "downloaded"' in out) == (0, True)
    staff.run("recall", sent["id"])
    staff.run("wait", sent["id"], "--for", "destroyed", "--timeout", "60s")


def test_downloaded_means_by_everybody(company: Company, tmp_path: Path, letter: str) -> None:
    staff, one, other = company.staff(tmp_path), someone(), someone()
    sent = staff.json("send", letter, "--to", one, "--to", other, "--hold", "0", "--proof", "link")
    company.outsider(tmp_path).run("get", company.link_for(one), "-o", str(tmp_path / "one"))
    refused(staff.attempt("wait", sent["id"], "--for", "downloaded", "--timeout", "1s"), 7, "wait_over")
    company.outsider(tmp_path, "other").run("get", company.link_for(other), "-o", str(tmp_path / "other-in"))
    staff.run("wait", sent["id"], "--for", "downloaded", "--timeout", "30s")


def test_what_can_t_come_any_more_is_told_at_once(company: Company, tmp_path: Path, letter: str) -> None:
    staff = company.staff(tmp_path)
    sent = staff.json("send", letter, "--to", someone(), "--hold", "60")
    staff.run("recall", sent["id"])
    began = time.monotonic()
    for goal in ("ready", "downloaded"):
        refused(staff.attempt("wait", sent["id"], "--for", goal), 5, "wait_in_vain")
    assert time.monotonic() - began < 20
    sealed = staff.json("send", letter, "--seal", "--hold", "0")
    refused(staff.attempt("wait", sealed["id"], "--for", "downloaded"), 2, "nobody_waited_for")
    refused(staff.attempt("wait", "tr_00000000000000000000000000"), 4, "not_found")
    refused(staff.attempt("wait", sent["id"], "--timeout", "soon"), 2, "duration_wrong")


def test_extending(company: Company, tmp_path: Path, letter: str) -> None:
    staff, later = company.staff(tmp_path), someone()
    sent, _ = company.sent(staff, letter, "--expires", "1d")
    (tmp_path / "more.txt").write_text(f"# the second round\n\nSato Keiko <{later}>\n{later}\n", "utf-8-sig")
    words = ("--expires", "3d", "--max-downloads", "7", "--recipients-file", str(tmp_path / "more.txt"))
    changed = staff.json("extend", sent["id"], *words)
    assert changed["expires_at"] > sent["expires_at"]
    assert changed["max_downloads"] == 7
    assert [(one["email"], one.get("name")) for one in changed["recipients"]][1:] == [(later, "Sato Keiko")]
    assert company.link_for(later)
    refused(staff.attempt("extend", sent["id"]), 2, "usage")
    refused(staff.attempt("extend", sent["id"], "--expires", "99w"), 2, "expiry_too_far")
    staff.run("recall", sent["id"])
    refused(staff.attempt("extend", sent["id"], "--expires", "3d"), 5, "gone")


def test_what_is_held_can_be_sent_now(company: Company, tmp_path: Path, letter: str) -> None:
    staff, address = company.staff(tmp_path), someone()
    sent = staff.json("send", letter, "--to", address, "--hold", "60")
    wait_for(lambda: staff.json("show", sent["id"])["state"] == "held", "its checks", pause=0.2)
    staff.run("extend", sent["id"], "--send-now")
    staff.run("wait", sent["id"], "--timeout", "30s")
    assert company.link_for(address)


def test_somebody_else_changed_it_in_between(company: Company, tmp_path: Path, letter: str) -> None:
    """Between reading the version and writing another command changes the transfer; ours is tried again and holds too."""
    staff = company.staff(tmp_path)
    sent, _ = company.sent(staff, letter)
    seen = threading.Event()

    def change(passed: Passed) -> None:
        if passed.method == "GET" and sent["id"] in passed.path and not seen.is_set():
            seen.set()
            staff.run("extend", sent["id"], "--max-downloads", "9")

    with Middle(company.url, change=change) as middle:
        between = Person(tmp_path / "two", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        changed = between.json("extend", sent["id"], "--expires", "2d")
        assert [one.status for one in middle.of("PATCH", sent["id"])] == [412, 200]
    assert changed["max_downloads"] == 9


def test_recipients_from_a_file(company: Company, tmp_path: Path, letter: str) -> None:
    staff, people = company.staff(tmp_path), [someone() for _ in range(30)]
    (tmp_path / "list.txt").write_text("\n".join(people) + "\r\n")
    sent = staff.json("send", letter, "--recipients-file", str(tmp_path / "list.txt"), "--to", people[0], "--hold", "0")
    assert [one["email"] for one in staff.json("show", sent["id"])["recipients"]] == people
    (tmp_path / "list.txt").write_text("# nobody\n")
    refused(staff.attempt("send", letter, "--recipients-file", str(tmp_path / "list.txt")), 2, "no_recipients")
    (tmp_path / "list.txt").write_text("".join(f"{number}@a.example\n" for number in range(501)))
    refused(staff.attempt("send", letter, "--recipients-file", str(tmp_path / "list.txt")), 2, "too_many_recipients")
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe")
    refused(staff.attempt("send", letter, "--recipients-file", str(tmp_path / "list.txt")), 2, "file_unreadable")


def test_the_same_key_sends_once(company: Company, tmp_path: Path, letter: str) -> None:
    """Two computers that were both given the job send one transfer."""
    words = ("send", letter, "--to", someone(), "--hold", "60", "--idempotency-key", f"job-{tmp_path.name}")
    one = company.staff(tmp_path / "one").json(*words)
    other = company.staff(tmp_path / "two").attempt(*words, "--json")
    assert other.returncode == 0, other.stderr
    assert json.loads(other.stdout)["id"] == one["id"]
    assert len(company.staff(tmp_path).json("show", one["id"])["recipients"]) == 1


def test_the_same_key_makes_one_request(company: Company, tmp_path: Path) -> None:
    staff = company.staff(tmp_path)
    words = ("request", "create", "Plans", "--proof", "link", "--idempotency-key", "plans-2026")
    assert staff.json(*words)["id"] == staff.json(*words)["id"]
    other = ("request", "create", "Other plans", "--proof", "link", "--idempotency-key", "plans-2026")
    refused(staff.attempt(*other), 2, "idempotency_key_reused")
