"""``send -`` and ``get -o -``: bytes of unknown length through the command, and what comes out is what went in."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.middle import Middle, Passed
from tests.cli.test_exit_codes import interruptible
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import ROOT, Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company", "interruptible"]
pytestmark = pytest.mark.slow
MIB = 1 << 20


def piped(person: Person, given: bytes, *words: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "fumibako.cli", *words]
    return subprocess.run(command, env=person.environment(), cwd=ROOT, input=given, capture_output=True, timeout=120)


@pytest.mark.parametrize("size", [0, 1, MIB - 40, 5 * MIB + 3, 40 * MIB])
@pytest.mark.parametrize("kind", ["managed", "sealed", "plain"])
def test_what_goes_in_comes_out(company: Company, tmp_path: Path, size: int, kind: str) -> None:
    staff, content = company.staff(tmp_path), os.urandom(size)
    done = piped(staff, content, "send", "-", "--name", "shop.sql", "--to", someone(), "--class", kind, "--hold", "0")
    assert done.returncode == 0, done.stderr
    transfer = done.stdout.decode().strip()
    staff.run("wait", transfer, "--timeout", "60s")
    got = piped(staff, b"", "get", transfer, "-o", "-")
    assert got.returncode == 0, got.stderr
    assert got.stdout == content
    [kept] = staff.json("get", transfer, "-o", str(tmp_path / "in"))["files"]
    assert Path(kept["path"]).name == "shop.sql"
    assert Path(kept["path"]).read_bytes() == content


def test_the_first_part_travels_before_the_last_byte_is_written(company: Company, tmp_path: Path) -> None:
    """Whoever writes waits for a part to arrive before writing on: nothing but streaming gets to the end."""
    with Middle(company.url) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        words = ("send", "-", "--name", "dump", "--to", someone(), "--hold", "60")
        command = subprocess.Popen(
            [sys.executable, "-m", "fumibako.cli", *words],
            env=staff.environment(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert command.stdin is not None
        command.stdin.write(os.urandom(34 * MIB))
        command.stdin.flush()
        wait_for(lambda: middle.of("PUT", "/"), "the first part")
        _, error = command.communicate(os.urandom(MIB), timeout=60)
    assert (command.returncode, b"35.0 MiB" in error) == (0, True), error


def test_an_interrupt_leaves_no_half_transfer(company: Company, tmp_path: Path, interruptible: None) -> None:
    staff = company.staff(tmp_path)
    known = {one["id"] for one in staff.json("list", "--limit", "200")["items"]}
    with Middle(company.url, hold=lambda method, path: method == "PUT") as middle:
        person = Person(tmp_path / "other", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        words = ("send", "-", "--name", "dump", "--to", someone())
        command = subprocess.Popen(
            [sys.executable, "-m", "fumibako.cli", *words],
            env=person.environment(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert command.stdin is not None
        command.stdin.write(os.urandom(MIB))
        command.stdin.close()
        assert middle.held.wait(30)
        command.send_signal(signal.SIGINT)
        middle.go_on.set()
        assert command.wait(30) == 130
    new = [one for one in staff.json("list", "--limit", "200")["items"] if one["id"] not in known]
    assert {one["state"] for one in new} <= {"closed", "destroying", "destroyed"}


def test_what_does_not_go_with_a_pipe(company: Company, tmp_path: Path) -> None:
    staff, to = company.staff(tmp_path), ("--to", someone())
    (tmp_path / "f").write_text("x")
    for words in (
        ("send", "-", *to),
        ("send", "-", str(tmp_path / "f"), "--name", "n", *to),
        ("send", str(tmp_path / "f"), "--name", "n", *to),
        ("send", "-", "--name", "n", "--dry-run", *to),
        ("send", "-", "--name", "n", "--idempotency-key", "k", *to),
        ("send", "-", "--name", "n", "--proof", "passphrase", "--passphrase-file", "-", *to),
        ("get", "tr_00000000000000000000000000", "-o", "-", "--json"),
        ("get", "tr_00000000000000000000000000", "--file", "x"),
    ):
        ended = staff.attempt(*words)
        if "--json" in words:
            assert (ended.returncode, ended.stdout) == (2, "")
        else:
            refused(ended, 2, "usage")
    refused(staff.attempt("send", "-", "--name", "../n", *to), 2, "name_invalid")


def test_one_of_several_files(company: Company, tmp_path: Path) -> None:
    staff = company.staff(tmp_path)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    sent = staff.json("send", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--to", someone(), "--hold", "0")
    staff.run("wait", sent["id"], "--timeout", "60s")
    refused(staff.attempt("get", sent["id"], "-o", "-"), 2, "several_files", r"These files .+")
    files = staff.json("get", sent["id"], "-o", str(tmp_path / "in"))["files"]
    second = next(one for one in files if one["path"].endswith("b.txt"))
    assert staff.run("get", sent["id"], "-o", "-", "--file", second["id"]) == "b.txt"


def test_a_reader_that_had_enough_and_a_bit_that_flipped(company: Company, tmp_path: Path) -> None:
    content = os.urandom(20 * MIB)
    (tmp_path / "plan.bin").write_bytes(content)
    staff = company.staff(tmp_path)
    _, link = company.sent(staff, str(tmp_path / "plan.bin"))
    script = f"{sys.executable} -m fumibako.cli get '{link}' -o - --quiet | head -c 10 | wc -c"
    guest = company.outsider(tmp_path)
    done = subprocess.run(
        ["bash", "-c", script], env=guest.environment(), cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("10", "")

    def change(passed: Passed) -> None:
        if passed.status == 206:
            passed.body = passed.body[:-1] + bytes([passed.body[-1] ^ 1])

    with Middle(company.url, change=change) as middle:
        got = piped(company.outsider(tmp_path, "two"), b"", "get", link.replace(company.url, middle.url), "-o", "-")
    assert got.returncode == 6, got.stderr
    # What was written is a true beginning; the exit code says that it is not all.
    assert content.startswith(got.stdout)
    assert len(got.stdout) < len(content)
