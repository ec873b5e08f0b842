"""Every exit code of the table in fumibako.errors, provoked."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fumibako.cli.exit_codes import exit_codes

from tests.cli.middle import Middle, Passed
from tests.cli.transcript import NEXT, expect, refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow
ABSENT = "tr_00000000000000000000000000"
HEX = "[0-9a-f]{64}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ms Sato,\n")
    return path


def test_0_done(company: Company, tmp_path: Path, letter: Path) -> None:
    staff, address = company.staff(tmp_path), someone()
    ended = staff.attempt("send", str(letter), "--to", address, "--hold", "0", "--proof", "link")
    expect(ended, 0, out="tr_[0-9a-z]{26}", err=[rf"1 file\(s\), 14 B, are on their way; they stay until {TIME}\."])
    ended = company.outsider(tmp_path).attempt("get", company.link_for(address), "-o", str(tmp_path / "in"))
    expect(
        ended,
        0,
        out=rf"{HEX}  .+/in/letter\.txt",
        err=[
            r"From Acme Admin, Acme\.",
            r"These files were not checked for malware\.",
            r"1 file\(s\), 14 B, arrived whole\.",
        ],
    )


def test_1_a_fault_of_this_computer(company: Company, tmp_path: Path, letter: Path) -> None:
    (tmp_path / "staff").write_text("a file where the folder for unfinished uploads would be")
    ended = company.staff(tmp_path).attempt("send", str(letter), "--to", someone())
    refused(ended, 1, "local_failure")


@pytest.mark.parametrize(
    "words",
    [(), ("send",), ("fly",), ("send", "x", "--parallel", "many"), ("list", "--box", "lost"), ("get", "x", "--no")],
)
def test_2_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    refused(Person(tmp_path).attempt(*words), 2, "usage")


def test_3_signed_out(tmp_path: Path) -> None:
    refused(Person(tmp_path).attempt("list"), 3, "signed_out")


def test_3_a_wrong_password_and_a_token_that_is_none(company: Company, tmp_path: Path) -> None:
    login = ("login", company.url, "--email", someone("acme.example"), "--password-file", "-")
    refused(company.outsider(tmp_path).attempt(*login, given="not it\n"), 3, "sign_in_failed")
    stranger = Person(tmp_path, FUMIBAKO_URL=company.url, FUMIBAKO_TOKEN="no token of yours")
    refused(stranger.attempt("list"), 3, "token_invalid")


def test_3_a_wrong_code(company: Company, tmp_path: Path, letter: Path) -> None:
    staff, address = company.staff(tmp_path), someone()
    staff.json("send", str(letter), "--to", address, "--hold", "0", "--proof", "code")
    link = company.link_for(address)
    (tmp_path / "code").write_text("00000000\n")
    guest = company.outsider(tmp_path)
    ended = guest.attempt("get", link, "--code-file", str(tmp_path / "code"), "-o", str(tmp_path / "in"))
    refused(ended, 3, "code_wrong")
    assert not (tmp_path / "in").exists()


def test_3_nobody_to_ask(company: Company, tmp_path: Path, letter: Path) -> None:
    staff, address = company.staff(tmp_path), someone()
    staff.json("send", str(letter), "--to", address, "--hold", "0", "--proof", "code")
    refused(company.outsider(tmp_path).attempt("get", company.link_for(address)), 3, "no_terminal")


def test_3_a_signer_whom_nobody_vouches_for(company: Company, tmp_path: Path, letter: Path) -> None:
    staff, proof = company.staff(tmp_path), tmp_path / "gone.json"
    sent = staff.json("send", str(letter), "--to", someone(), "--hold", "60")
    staff.run("recall", sent["id"])
    words = ("certificate", sent["id"], "-o", str(proof))
    wait_for(lambda: staff.attempt(*words).returncode == 0, "its certificate", pause=0.3)
    stranger, root = company.outsider(tmp_path), company.first["root_fingerprint"]
    refused(stranger.attempt("verify", str(proof)), 3, "signer_unknown")
    refused(stranger.attempt("verify", str(proof), "--root", "SHA256:" + "0" * 64), 6, "proof_invalid")
    japanese = company.outsider(tmp_path, FUMIBAKO_LANG="ja").attempt("verify", str(proof))
    assert (japanese.returncode, "署名者を保証するものがありません" in japanese.stderr) == (3, True)
    assert stranger.attempt("verify", str(proof), "--root", root).returncode == 0


def test_4_an_absent_id(company: Company, tmp_path: Path) -> None:
    staff = company.staff(tmp_path)
    for words in (("show", ABSENT), ("get", ABSENT, "-o", str(tmp_path)), ("recall", ABSENT), ("certificate", ABSENT)):
        refused(staff.attempt(*words), 4, "not_found")


def test_4_a_link_that_never_was(company: Company, tmp_path: Path) -> None:
    link = f"{company.url}/l#acme.{'A' * 43}"
    refused(company.outsider(tmp_path).attempt("get", link, "-o", str(tmp_path)), 4, "not_found")


def test_5_recalled_exhausted_and_expired(company: Company, tmp_path: Path, letter: Path) -> None:
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    sent, link = company.sent(staff, str(letter))
    staff.run("recall", sent["id"])
    refused(guest.attempt("get", link, "-o", str(tmp_path / "a")), 5, "gone")
    sent, link = company.sent(staff, str(letter), "--max-downloads", "1")
    guest.run("get", link, "-o", str(tmp_path / "b"))
    ended = guest.attempt("get", link, "-o", str(tmp_path / "c"))
    refused(ended, 5, "(gone|downloads_spent)", *([r"From .+", r"These files .+"] if "From" in ended.stderr else []))
    assert not (tmp_path / "c").exists()


def test_6_a_certificate_that_was_changed(tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_text(json.dumps({"type": "deletion-certificate"}))
    refused(Person(tmp_path).attempt("verify", str(tmp_path / "proof.json")), 6, "(proof_invalid|version_unknown)")
    (tmp_path / "proof.json").write_bytes(b"\xff\xfe not JSON")
    refused(Person(tmp_path).attempt("verify", str(tmp_path / "proof.json")), 6, "proof_invalid")


def test_7_no_server_is_said_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    login = ("login", f"http://127.0.0.1:{reserved_port()}", "--email", "a@acme.example", "--password-file", "-")
    refused(Person(tmp_path).attempt(*login, given="x\n"), 7, "network")
    refused(Person(tmp_path).attempt("get", f"http://127.0.0.1:{reserved_port()}/l#acme.{'A' * 43}"), 7, "network")
    assert time.monotonic() - began < 20


def test_7_a_wait_that_ended(company: Company, tmp_path: Path, letter: Path) -> None:
    staff = company.staff(tmp_path)
    sent = staff.json("send", str(letter), "--to", someone(), "--hold", "60")
    refused(staff.attempt("wait", sent["id"], "--timeout", "1s"), 7, "wait_over")


class _Portal(BaseHTTPRequestHandler):
    """Answers everything with its own page and 200, as the networks of hotels do."""

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        page = b"<html>Welcome! Please accept our terms.</html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = handle_any  # noqa: N815  # http.server asks for them

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def test_7_a_portal_that_answers_in_its_place(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Portal) as portal:
        threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://127.0.0.1:{portal.server_address[1]}"
        login = ("login", url, "--email", "a@acme.example", "--password-file", "-")
        refused(Person(tmp_path).attempt(*login, given="x\n"), 7, "server_wrong")
        refused(Person(tmp_path).attempt("get", f"{url}/l#acme.{'A' * 43}"), 7, "server_wrong")
        portal.shutdown()
    assert not list(tmp_path.rglob("credentials.json"))


@pytest.mark.root
def test_8_no_space_and_the_same_command_goes_on_where_it_stopped(company: Company, tmp_path: Path) -> None:
    content = os.urandom(6 << 20)
    (tmp_path / "plan.bin").write_bytes(content)
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "plan.bin"))
    guest, small = company.outsider(tmp_path), tmp_path / "small"
    small.mkdir()
    get = f"{sys.executable} -m fumibako.cli get '{link}' -o {small}"
    script = f"mount -t tmpfs -o size=3m tmpfs {small} && {{ {get}; echo $?; mount -o remount,size=9m {small}; {get}; cat {small}/plan.bin | sha256sum; }}"
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        env=guest.environment(),
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "8", done.stdout + done.stderr
    assert "[disk_full]" in done.stderr
    assert lines[1].split()[0] == lines[2].split()[0]


def test_8_no_room_in_the_store(company: Company, tmp_path: Path) -> None:
    """The store says that it is full (507); what it took so far stays for the next try."""

    def change(passed: Passed) -> None:
        if passed.method == "PUT":
            passed.status, passed.headers, passed.body = 507, {}, b""

    (tmp_path / "plan.bin").write_bytes(os.urandom(3 << 20))
    with Middle(company.url, change=change) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        refused(staff.attempt("send", str(tmp_path / "plan.bin"), "--to", someone()), 8, "store_full")


def test_every_code_of_the_table_is_provoked_here() -> None:
    provoked = {int(name.split("_")[1]) for name in globals() if re.match(r"test_\d+_", name)}
    assert provoked == set(exit_codes())


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A test run in the background is started with SIGINT ignored, and would hand that down to the command."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_130_an_interrupt_says_how_to_go_on(company: Company, tmp_path: Path, interruptible: None) -> None:
    (tmp_path / "plan.bin").write_bytes(os.urandom(3 << 20))
    with Middle(company.url, hold=lambda method, path: method == "PUT") as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        command = staff.start("send", str(tmp_path / "plan.bin"), "--to", someone())
        assert middle.held.wait(30)
        command.send_signal(signal.SIGINT)
        out, error = command.communicate(timeout=15)
    ended = subprocess.CompletedProcess("send", command.returncode, out, error)
    expect(ended, 130, err=[r"Interrupted\. \[interrupted\]", NEXT])
    assert "goes on where it stopped" in error
    assert wait_for(lambda: list((tmp_path / "staff").rglob("*.jsonl")), "the record of the upload")
