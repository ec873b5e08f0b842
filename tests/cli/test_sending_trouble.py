"""Sending when things go wrong half-way: sessions that end, files that change or vanish or can't be read, too many of them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.middle import Middle
from tests.cli.office import failure
from tests.cli.transcript import expect, refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import ROOT, Person

__all__ = ["company"]
pytestmark = pytest.mark.slow
ID = "tr_[0-9a-z]{26}"


def film(folder: Path, size: int = 3 << 20) -> Path:
    path = folder / "film.bin"
    path.write_bytes(os.urandom(size))
    return path


def at_the_store(company: Company) -> Middle:
    """Holds the first part until ``go_on``: what happens meanwhile happens in mid-transfer."""
    return Middle(company.url, hold=lambda method, path: method == "PUT")


def ended_of(command: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    out, error = command.communicate(timeout=60)
    return subprocess.CompletedProcess("send", command.returncode, out, error)


def test_a_sign_in_that_ends_in_mid_transfer(company: Company, tmp_path: Path) -> None:
    """The session is revoked while the first part travels. After signing in again the same command goes on."""
    path, password = film(tmp_path), company.first["password"] + "\n"
    send = ("send", str(path), "--to", someone(), "--hold", "60")
    with at_the_store(company) as middle:
        person = Person(tmp_path / "home")
        login = ("login", middle.url, "--email", company.first["email"], "--password-file", "-")
        person.run(*login, given=password)
        command = person.start(*send)
        assert middle.held.wait(30)
        person.run("logout")
        middle.go_on.set()
        refused(ended_of(command), 3, "(signed_out|token_invalid)")
        refused(person.attempt(*send), 3, "signed_out")
        person.run(*login, given=password)
        before = len(middle.of("PUT", "/"))
        ended = person.attempt(*send)
        expect(ended, 0, out=ID, err=[r"Went on where the earlier run stopped; .+", r"1 file\(s\), 3\.0 MiB, .+"])
        assert len(middle.of("PUT", "/")) - before <= 1


@pytest.mark.parametrize("change", ["written to", "replaced", "shorter"])
def test_a_file_that_does_not_stay_as_it_was(company: Company, tmp_path: Path, change: str) -> None:
    """Two parts; while the first is held, the file changes. Nothing of it may be completed."""
    path = film(tmp_path, 40 << 20)
    with at_the_store(company) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        command = staff.start("send", str(path), "--to", someone(), "--parallel", "1", "--hold", "60")
        assert middle.held.wait(30)
        if change == "written to":
            with path.open("r+b") as stream:
                stream.seek(-10, os.SEEK_END)
                stream.write(os.urandom(10))
        elif change == "replaced":
            film(tmp_path, 40 << 20)
        else:
            os.truncate(path, 20 << 20)
        middle.go_on.set()
        ended = ended_of(command)
        refused(ended, 2, "(file_changed|file_vanished|file_absent|file_unreadable)")
        # The last call of an upload is never made.
        assert not [one for one in middle.of("POST", "/complete") if "/files/" not in one.path]


def test_a_file_that_vanishes_before_its_turn(company: Company, tmp_path: Path) -> None:
    for name in ("one.bin", "two.bin"):
        film(tmp_path).rename(tmp_path / name)
    files = [str(tmp_path / name) for name in ("one.bin", "two.bin")]
    with at_the_store(company) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        command = staff.start("send", *files, "--to", someone(), "--parallel", "1", "--hold", "60")
        assert middle.held.wait(30)
        (tmp_path / "two.bin").unlink()
        middle.go_on.set()
        ended = ended_of(command)
        assert "Traceback" not in ended.stderr
        if ended.returncode:  # otherwise it was open already, and what is open stays whole
            refused(ended, 2, "(file_changed|file_vanished|file_absent|file_unreadable)")
            refused(staff.attempt("send", *files, "--to", someone()), 2, "file_absent")


def test_two_runs_of_one_upload_at_once(company: Company, tmp_path: Path) -> None:
    path = film(tmp_path)
    with at_the_store(company) as middle:
        staff = Person(tmp_path / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        send = ("send", str(path), "--to", someone(), "--hold", "60")
        command = staff.start(*send)
        assert middle.held.wait(30)
        refused(staff.attempt(*send), 2, "upload_running")
        middle.go_on.set()
        assert ended_of(command).returncode == 0


@pytest.mark.root
@pytest.mark.parametrize("what", ["a file", "a file in a folder", "a folder in a folder"])
def test_what_another_user_may_not_read(tmp_path: Path, what: str) -> None:
    """Root reads everything, so the command runs as nobody. A folder that can't be looked into must not count as an empty one."""
    plans, home = tmp_path / "plans", tmp_path / "home"
    (plans / "inner").mkdir(parents=True)
    (plans / "open.txt").write_text("x")
    secret = plans / "inner" / "secret.txt"
    secret.write_text("x")
    (plans / "inner" if what == "a folder in a folder" else secret).chmod(0)
    home.mkdir()
    for folder in (home, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | (0o777 if folder == home else 0o111))
    tmp_path.chmod(0o755)
    person = Person(home, FUMIBAKO_URL="http://127.0.0.1:9", FUMIBAKO_TOKEN="t", PYTHONDONTWRITEBYTECODE="1")
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m", "fumibako.cli"]
    ended = subprocess.run(
        [*as_nobody, "send", str(secret if what == "a file" else plans), "--to", someone()],
        env=person.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    refused(ended, 2, "file_unreadable")
    assert "Permission denied" in ended.stderr


def test_a_hundred_thousand_files_are_refused_soon_and_in_little_memory(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for number in range(100):
        (folder / f"{number:03}").mkdir(parents=True)
        for name in range(1000):
            os.close(os.open(folder / f"{number:03}" / f"{name:04}", os.O_CREAT | os.O_WRONLY))
    peak = tmp_path / "peak"
    measured = {"module": "tests.e2e.support.measured_client", "PEAK_MEMORY": str(peak)}
    person = Person(tmp_path / "home", FUMIBAKO_URL="http://127.0.0.1:9", FUMIBAKO_TOKEN="t", **measured)
    began = time.monotonic()
    ended = person.attempt("send", str(folder), "--to", someone())
    took = time.monotonic() - began
    refused(ended, 2, "too_many_files")
    assert "10,000" in ended.stderr
    assert took < 20
    # A list of a hundred thousand names would not fit.
    assert int(peak.read_text()) < 100_000_000


def test_what_would_be_sent_is_shown_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "a.txt").write_text("abc")
    (tmp_path / "plans" / "link").symlink_to(tmp_path)
    person = Person(tmp_path / "home")
    ended = person.attempt("send", str(tmp_path / "plans"), "--to", someone(), "--dry-run")
    expect(
        ended,
        0,
        out=r"3\tplans/a\.txt",
        err=[
            r".+/link is a link inside a folder and is not sent\.",
            r"Would send 1 file\(s\), 3 B, to 1 recipient\(s\)\. Nothing was sent\.",
        ],
    )
    planned = person.json("send", str(tmp_path / "plans"), "--to", someone(), "--dry-run")
    assert [Path(one).name for one in planned["skipped"]] == ["link"]


def test_a_failure_of_an_upload_is_json_too(company: Company, tmp_path: Path) -> None:
    ended = company.staff(tmp_path).attempt("send", str(film(tmp_path, 10)), "--to", "nobody", "--json")
    error = failure(ended.stderr)
    assert (error["code"], error["exit"], ended.stdout) == ("address_invalid", 2, "")
