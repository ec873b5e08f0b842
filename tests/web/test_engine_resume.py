"""The engine cut off in the middle and begun again: what had arrived is not sent again, and nothing is mixed up."""

import hashlib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.middle import Middle, Passed
from tests.e2e.support.company import Company, company
from tests.e2e.support.waiting import wait_for
from tests.e2e.test_resume import AfterParts
from tests.web.engine import Engine, EngineFailed, engine
from tests.web.test_engine_stories import address_of, sha256, task_of

__all__ = ["company", "engine"]
pytestmark = pytest.mark.slow
MIB = 1 << 20
SIZE = 100 * MIB
# As many as the engine has on their way at once (web/src/engine/upload/part_sender.ts).
AT_ONCE = 5


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def killed_in_the_middle(process: "subprocess.Popen[str]", middle: Middle) -> None:
    assert middle.held.wait(60)
    process.kill()
    process.communicate()


def parts_in(middle: Middle) -> list[tuple[str, int]]:
    """The parts that were stored, with their lengths, in order and as often as they came."""
    return [
        (re.sub("[?&](exp|sig)=[^&]*", "", one.path), one.sent) for one in middle.of("PUT", "/") if one.status == 200
    ]


def through(middle: Middle, task: dict[str, Any]) -> dict[str, Any]:
    return {**task, "url": middle.url}


@pytest.mark.parametrize("transfer_class", ["managed", "plain", "sealed"])
def test_a_killed_upload_goes_on_where_it_stopped(
    company: Company, engine: Engine, tmp_path: Path, film: Path, transfer_class: str
) -> None:
    small = tmp_path / "small.txt"
    small.write_bytes(os.urandom(1000))
    with Middle(company.url, hold=AfterParts("PUT", "/", 3)) as middle:
        files = {"film.bin": film, "a.txt": small, "b.txt": small}
        task = through(middle, task_of(company, tmp_path, files, **{"class": transfer_class}))
        killed_in_the_middle(engine.start(**task), middle)
        wait_for(lambda: len(middle.of("PUT", "/")) == 3, "three parts have arrived")
        middle.hold = lambda method, path: False
        middle.go_on.set()
        sent = engine.run(**task)
        arrived = parts_in(middle)
    assert sent["resumed"]
    again = len(arrived) - len({path for path, _ in arrived})
    # No part went over the line twice, but for those that were on their way when the process was killed.
    assert again <= AT_ONCE - 1
    assert sent["sentBytes"] <= SIZE - 2 * 16 * MIB
    assert list((tmp_path / "journals").iterdir()) == []
    link = company.link_for(address_of(task))
    if transfer_class == "sealed":
        link += "." + sent["linkKey"]
    got = company.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"))["files"]
    hashes = {Path(one["path"]).name: one["sha256"] for one in got}
    assert hashes == {"film.bin": sha256(film), "a.txt": sha256(small), "b.txt": sha256(small)}


@pytest.mark.parametrize("transfer_class", ["managed", "plain"])
def test_another_content_is_never_mixed_with_what_was_sent(
    company: Company, engine: Engine, tmp_path: Path, film: Path, transfer_class: str
) -> None:
    with Middle(company.url, hold=AfterParts("PUT", "/", 1)) as middle:
        task = through(middle, task_of(company, tmp_path, {"film.bin": film}, **{"class": transfer_class}))
        killed_in_the_middle(engine.start(**task), middle)
        wait_for(lambda: middle.of("PUT", "/"), "a part has arrived")
        middle.hold = lambda method, path: False
        middle.go_on.set()
        times = film.stat()
        with film.open("r+b") as stream:
            stream.seek(100)
            stream.write(b"another content, with size and time set back")
        os.utime(film, ns=(times.st_atime_ns, times.st_mtime_ns))
        with pytest.raises(EngineFailed) as caught:
            engine.run(**task)
        assert caught.value.code == "file_changed"
        sent = engine.run(**task)
    assert not sent["resumed"]
    [file] = company.outsider(tmp_path).json("get", company.link_for(address_of(task)), "-o", str(tmp_path / "in"))[
        "files"
    ]
    assert file["sha256"] == sha256(film)


def test_two_runs_of_one_upload_at_once(company: Company, engine: Engine, tmp_path: Path, film: Path) -> None:
    with Middle(company.url, hold=AfterParts("PUT", "/", 1)) as middle:
        task = through(middle, task_of(company, tmp_path, {"film.bin": film}))
        first = engine.start(**task)
        assert middle.held.wait(60)
        with pytest.raises(EngineFailed) as caught:
            engine.run(**task)
        assert caught.value.code == "upload_running"
        middle.go_on.set()
        _, error = first.communicate(timeout=60)
        assert first.returncode == 0, error


def test_a_portal_s_page_is_no_answer(company: Company, engine: Engine, tmp_path: Path, film: Path) -> None:
    """A 200 of somebody else, on the API and in the place of the store: tried again, and never taken for success."""
    lied: list[str] = []

    def portal(passed: Passed) -> None:
        kind = passed.method + passed.path.split("/")[1]
        if lied.count(kind) < 2:
            lied.append(kind)
            passed.status, passed.body = 200, b"<html>Welcome to the hotel</html>"
            passed.headers = {"content-type": "text/html"}

    with Middle(company.url, change=portal) as middle:
        task = through(middle, task_of(company, tmp_path, {"film.bin": film}))
        engine.run(**task)
    assert set(lied) >= {"POSTtransfers", "PUTblobs"}
    [file] = company.outsider(tmp_path).json("get", company.link_for(address_of(task)), "-o", str(tmp_path / "in"))[
        "files"
    ]
    assert file["sha256"] == sha256(film)


def test_a_killed_download_goes_on_where_it_stopped(
    company: Company, engine: Engine, tmp_path: Path, film: Path
) -> None:
    _, link = company.sent(company.staff(tmp_path), str(film))
    (tmp_path / "in").mkdir()
    total = 0

    def ranges(passed: Passed) -> None:
        nonlocal total
        total += len(passed.body) if passed.status == 206 else 0

    with Middle(company.url, change=ranges, hold=AfterParts("GET", "/blobs", 8)) as middle:
        task = {"what": "download", "url": middle.url, "link": link, "into": str(tmp_path / "in")}
        process = engine.start(**task)
        part = tmp_path / "in" / ".film.bin.part"
        wait_for(lambda: part.exists() and part.stat().st_size > 20 * MIB, "some of it is there")
        killed_in_the_middle(process, middle)
        assert not (tmp_path / "in/film.bin").exists()
        middle.hold = lambda method, path: False
        middle.go_on.set()
        # The guest proves who they are anew: the page would still have its session.
        [file] = engine.run(**task | {"url": middle.url})["files"]
    assert file["sha256"] == sha256(film) == hashlib.sha256((tmp_path / "in/film.bin").read_bytes()).hexdigest()
    # What was on its way, and what was opened but not written yet, came twice.
    assert total <= SIZE + 2 * AT_ONCE * 8 * MIB
