"""Fetching where the disk, the names or the clock are not as one would wish."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.middle import Middle, Passed
from tests.cli.test_exit_codes import interruptible
from tests.e2e.support.company import Company, company
from tests.e2e.support.people import ROOT, Person

__all__ = ["company", "interruptible"]
pytestmark = pytest.mark.slow
HOSTILE = [
    "../escaped.txt",
    "/etc/escaped.txt",
    "a/../../escaped.txt",
    "..\\escaped.txt",
    "C:\\escaped.txt",
    "nul\x00.txt",
    "two\nlines.txt",
    "report\u202efdp.exe",
    "x" * 5000,
    "",
    ".",
    "..",
]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:24])
def test_hostile_names_from_the_server(company: Company, tmp_path: Path, name: str) -> None:
    """Of a plain transfer the server gives the names. None may leave the folder, move a cursor, or show another ending."""

    def change(passed: Passed) -> None:
        if passed.method == "POST" and passed.path.endswith("/downloads"):
            answer = json.loads(passed.body)
            for one in answer["files"]:
                one["name"] = name
            passed.body = json.dumps(answer).encode()

    (tmp_path / "f.txt").write_text("x")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f.txt"), "--class", "plain")
    folder = tmp_path / "deep" / "in"
    with Middle(company.url, change=change) as middle:
        guest = company.outsider(tmp_path)
        ended = guest.attempt("get", link.replace(company.url, middle.url), "-o", str(folder))
    assert (ended.returncode, "Traceback" in ended.stderr) == (6, False), ended.stderr
    assert not [c for c in ended.stdout + ended.stderr if ord(c) < 32 and c != "\n"]
    assert "\u202e" not in ended.stderr
    outside = [path for path in tmp_path.rglob("*escaped*") if not path.is_relative_to(folder)]
    assert not outside
    assert not Path("/etc/escaped.txt").exists()


@pytest.mark.parametrize("name", ["CON", "aux.txt", "trailing dot.", "ab:c.txt", "what?.txt", "née.txt", "請求書.pdf"])
def test_names_that_another_system_dislikes_still_arrive(company: Company, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / name))
    [got] = company.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"))["files"]
    assert Path(got["path"]).read_text() == "x"
    assert not set('<>:"|?*') & set(Path(got["path"]).name)


@pytest.mark.root
@pytest.mark.parametrize("how", ["ro", "size=4k"])
def test_a_destination_that_can_t_take_it(company: Company, tmp_path: Path, how: str) -> None:
    """A read-only mount, and one without room: said before anything is counted, or at least without a wrong byte under the name."""
    (tmp_path / "plan.bin").write_bytes(os.urandom(300_000))
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "plan.bin"), "--max-downloads", "1")
    guest, there = company.outsider(tmp_path), tmp_path / "there"
    there.mkdir()
    script = f"mount -t tmpfs -o {how} tmpfs {there} && {sys.executable} -m fumibako.cli get '{link}' -o {there}; echo $?; ls {there}"
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        env=guest.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stdout.splitlines() == (["2"] if how == "ro" else ["8"])
    assert ("[unwritable]" if how == "ro" else "[disk_full]") in done.stderr
    # The only download was not used up by it.
    guest.run("get", link, "-o", str(tmp_path / "in"))


def test_an_interrupted_get_says_how_to_go_on(company: Company, tmp_path: Path, interruptible: None) -> None:
    content = os.urandom(3 << 20)
    (tmp_path / "plan.bin").write_bytes(content)
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "plan.bin"), "--max-downloads", "1")
    guest, there = company.outsider(tmp_path), tmp_path / "in"
    with Middle(company.url, hold=lambda method, path: "/blobs/" in path) as middle:
        get = ("get", link.replace(company.url, middle.url), "-o", str(there))
        command = guest.start(*get)
        assert middle.held.wait(30)
        command.send_signal(signal.SIGINT)
        out, error = command.communicate(timeout=15)
        assert (command.returncode, out) == (130, ""), error
        assert "[interrupted]" in error
        assert "goes on where it stopped" in error
        assert not [path for path in there.glob("*") if not path.name.startswith(".")]
        middle.go_on.set()
        # The only download was begun and has not arrived: it is still this guest's.
        guest.run(*get)
    assert (there / "plan.bin").read_bytes() == content


@pytest.mark.parametrize("wrong", ["+3 days", "-3 days", "+20 years"])
def test_a_clock_that_is_wrong(company: Company, tmp_path: Path, wrong: str) -> None:
    """Ends of tokens and addresses are the server's to judge: a client whose clock is off sends and fetches all the same."""
    content = os.urandom(2 << 20)
    (tmp_path / "plan.bin").write_bytes(content)
    # faketime(1) changes what the process takes for the time of day, not how fast time passes.
    faked = {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    login = ("login", company.url, "--email", company.first["email"], "--password-file", "-")
    person = Faked(tmp_path / "staff", wrong, **faked)
    person.run(*login, given=company.first["password"] + "\n")
    sent = person.json("send", str(tmp_path / "plan.bin"), "--seal", "--hold", "0")
    person.run("wait", sent["id"], "--timeout", "60s")
    [got] = person.json("get", sent["id"], "-o", str(tmp_path / "in"))["files"]
    assert Path(got["path"]).read_bytes() == content


class Faked(Person):
    """Somebody whose computer has the wrong time."""

    def __init__(self, home: Path, wrong: str, **extra: str) -> None:
        super().__init__(home, **extra)
        self._wrong = wrong

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return ["faketime", "-f", self._wrong, *super()._command(arguments)]
