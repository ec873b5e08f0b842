"""Cut off at the worst moment and begun again by the same command: what had arrived is not sent again, and nothing is mixed up."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.middle import Middle, Passed
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow
MIB = 1 << 20
SIZE = 41 * MIB


class AfterParts:
    """Holds every PUT (or range) after the first ``count``."""

    def __init__(self, method: str, piece: str, count: int) -> None:
        self._method, self._piece, self._left = method, piece, count

    def __call__(self, method: str, path: str) -> bool:
        if method != self._method or self._piece not in path:
            return False
        self._left -= 1
        return self._left < 0


def staff_through(company: Company, middle: Middle, home: Path) -> Person:
    return Person(home / "staff", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def killed_in_the_middle(command: "subprocess.Popen[str]", middle: Middle) -> None:
    assert middle.held.wait(60)
    command.kill()
    command.communicate()


@pytest.mark.parametrize("how", [(), ("--class", "plain"), ("--seal",)])
def test_a_killed_send_goes_on_where_it_stopped(
    company: Company, tmp_path: Path, film: Path, how: tuple[str, ...]
) -> None:
    send = ("send", str(film), "--to", someone(), "--hold", "0", "--parallel", "1", *how)
    with Middle(company.url, hold=AfterParts("PUT", "/", 2)) as middle:
        staff = staff_through(company, middle, tmp_path)
        killed_in_the_middle(staff.start(*send), middle)
        wait_for(lambda: len(middle.of("PUT", "/")) == 2, "two parts have arrived")
        middle.hold = lambda method, path: False
        middle.go_on.set()
        before = sum(one.sent for one in middle.of("PUT", "/"))
        sent = staff.json(*send)
        arrived = [re.sub("[?&](exp|sig)=[^&]*", "", one.path) for one in middle.of("PUT", "/") if one.status == 200]
    assert sent["resumed"]
    assert before > 0
    # No part went over the line twice, but for the one that was on its way when the command was killed.
    assert len(arrived) - len(set(arrived)) <= 1
    transfers = {one["id"] for one in company.staff(tmp_path / "x").json("list", "--limit", "200")["items"]}
    assert sent["id"] in transfers
    got = company.staff(tmp_path / "y")
    key = ("--key", sent["link_key"]) if sent["link_key"] else ()
    got.run("wait", sent["id"], "--timeout", "60s")
    [file] = got.json("get", sent["id"], "-o", str(tmp_path / "in"), *key)["files"]
    assert file["sha256"] == sha256(film)


@pytest.mark.parametrize("how", [(), ("--class", "plain")])
def test_another_content_is_never_mixed_with_what_was_sent(
    company: Company, tmp_path: Path, film: Path, how: tuple[str, ...]
) -> None:
    send = ("send", str(film), "--to", someone(), "--hold", "0", "--parallel", "1", *how)
    with Middle(company.url, hold=AfterParts("PUT", "/", 1)) as middle:
        staff = staff_through(company, middle, tmp_path)
        killed_in_the_middle(staff.start(*send), middle)
        middle.hold = lambda method, path: False
        middle.go_on.set()
        times = film.stat()
        with film.open("r+b") as stream:
            stream.seek(100)
            stream.write(b"another content, with size and time set back")
        os.utime(film, ns=(times.st_atime_ns, times.st_mtime_ns))
        refused(staff.attempt(*send), 2, "file_changed")
        sent = staff.json(*send)
    assert not sent["resumed"]
    got = company.staff(tmp_path / "y")
    got.run("wait", sent["id"], "--timeout", "60s")
    [file] = got.json("get", sent["id"], "-o", str(tmp_path / "in"))["files"]
    assert file["sha256"] == sha256(film)


def test_a_file_that_changes_under_way_is_refused(company: Company, tmp_path: Path, film: Path) -> None:
    send = ("send", str(film), "--to", someone(), "--parallel", "1")
    with Middle(company.url, hold=AfterParts("PUT", "/", 1)) as middle:
        command = staff_through(company, middle, tmp_path).start(*send)
        assert middle.held.wait(60)
        with film.open("ab") as stream:
            stream.write(b"one line more")
        middle.go_on.set()
        out, error = command.communicate(timeout=60)
    refused(subprocess.CompletedProcess(send, command.returncode, out, error), 2, "file_changed")


def test_two_runs_of_one_upload_at_once(company: Company, tmp_path: Path, film: Path) -> None:
    send = ("send", str(film), "--to", someone(), "--hold", "60")
    with Middle(company.url, hold=AfterParts("PUT", "/", 1)) as middle:
        staff = staff_through(company, middle, tmp_path)
        first = staff.start(*send)
        assert middle.held.wait(60)
        refused(staff.attempt(*send), 2, "upload_running")
        middle.go_on.set()
        _, error = first.communicate(timeout=60)
        assert first.returncode == 0, error


def test_a_killed_get_goes_on_where_it_stopped(company: Company, tmp_path: Path, film: Path) -> None:
    (tmp_path / "letter.txt").write_text("first, and whole")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "letter.txt"), str(film), "--max-downloads", "1")
    total = 0

    def ranges(passed: Passed) -> None:
        nonlocal total
        total += len(passed.body) if passed.status == 206 else 0

    with Middle(company.url, change=ranges, hold=AfterParts("GET", "/blobs", 4)) as middle:
        guest, away = company.outsider(tmp_path), link.replace(company.url, middle.url)
        get = ("get", away, "-o", str(tmp_path / "in"), "--parallel", "1")
        killed_in_the_middle(guest.start(*get), middle)
        assert [p.name for p in (tmp_path / "in").iterdir() if not p.name.startswith(".")] == ["letter.txt"]
        assert not (tmp_path / "in" / film.name).exists()
        middle.hold = lambda method, path: False
        middle.go_on.set()
        got = {Path(one["path"]).name: one["sha256"] for one in guest.json(*get)["files"]}
    assert got == {"letter.txt": sha256(tmp_path / "letter.txt"), film.name: sha256(film)}
    # At most the range under way, and the header of the file, came twice.
    assert total <= SIZE + 9 * MIB
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == [film.name, "letter.txt"]


def test_a_get_whose_part_was_damaged_on_the_disk_fetches_that_again(
    company: Company, tmp_path: Path, film: Path
) -> None:
    _, link = company.sent(company.staff(tmp_path), str(film))
    with Middle(company.url, hold=AfterParts("GET", "/blobs", 2)) as middle:
        guest, away = company.outsider(tmp_path), link.replace(company.url, middle.url)
        get = ("get", away, "-o", str(tmp_path / "in"), "--parallel", "1")
        killed_in_the_middle(guest.start(*get), middle)
        [part] = list((tmp_path / "in").glob(".*.part"))
        with part.open("r+b") as stream:
            stream.seek(MIB)
            stream.write(b"a disk that lies")
        middle.hold = lambda method, path: False
        middle.go_on.set()
        [file] = guest.json(*get)["files"]
    assert file["sha256"] == sha256(film)
