"""What differs between systems. Windows' own calls can't run here; what stands in for POSIX calls there can."""

import asyncio
import ctypes
import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fumibako.disk import durable, naming, positioned
from fumibako.disk.locking import LockFile, locked_file
from fumibako.disk.positioned import PositionedCalls, SeekingCalls, open_private, read_into, write_from
from fumibako.disk.refusals import not_read, not_written
from fumibako.driving import run
from fumibako.errors import Full
from fumibako.retries import blocking_pause


@pytest.fixture(params=[PositionedCalls, SeekingCalls])
def calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positioned, "CALLS", request.param())


@pytest.mark.usefixtures("calls")
def test_bytes_go_where_they_belong_from_several_threads(tmp_path: Path) -> None:
    descriptor = open_private(tmp_path / "f")
    blocks = {n: bytes([n]) * 10_000 for n in range(20)}
    threads = [threading.Thread(target=write_from, args=(descriptor, block, n * 10_000)) for n, block in blocks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, block in blocks.items():
        room = bytearray(10_000)
        assert read_into(descriptor, memoryview(room), n * 10_000) == 10_000
        assert room == block
    room = bytearray(50)
    assert read_into(descriptor, memoryview(room), 199_980) == 20
    os.close(descriptor)


def test_a_system_without_pread_seeks() -> None:
    script = "import os\nfor n in ('preadv', 'pwrite', 'fdatasync'): delattr(os, n)\nfrom fumibako.disk import positioned, durable\n"
    script += "assert type(positioned.CALLS).__name__ == 'SeekingCalls'\n"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_without_fdatasync_the_whole_file_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.delattr(os, "fdatasync")
    monkeypatch.setattr("fumibako.disk.durable.os.fsync", synced.append)
    durable.sync_data(7)
    assert synced == [7]


def test_a_lock_excludes_and_ends_with_its_descriptor(tmp_path: Path) -> None:
    first = locked_file(tmp_path / "l")
    assert first is not None
    assert locked_file(tmp_path / "l") is None
    os.close(first)
    second = locked_file(tmp_path / "l")
    assert second is not None
    os.close(second)


def test_a_lock_file_waits_for_its_turn_by_the_pause_it_was_given(tmp_path: Path) -> None:
    held = locked_file(tmp_path / "l")
    assert held is not None
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            os.close(held)

    async def story() -> None:
        async with LockFile(tmp_path / "l", pause):
            assert locked_file(tmp_path / "l") is None

    run(story())
    assert len(pauses) == 3


def test_tasks_of_one_loop_take_turns_too(tmp_path: Path) -> None:
    order: list[str] = []

    async def one(name: str) -> None:
        async with LockFile(tmp_path / "l", asyncio.sleep):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    asyncio.run(both())
    assert order in (["a in", "a out", "b in", "b out"], ["b in", "b out", "a in", "a out"])
    assert run(blocking_pause(0)) is None


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="link"):
        open_private(tmp_path / "link")


def test_what_the_system_says_becomes_what_a_person_reads(tmp_path: Path) -> None:
    assert isinstance(not_written(OSError(errno.ENOSPC, "full"), tmp_path), Full)
    assert not_written(OSError(errno.EACCES, "denied"), tmp_path).code == "unwritable"
    assert not_read(FileNotFoundError(errno.ENOENT, "gone"), tmp_path).code == "file_absent"
    assert not_read(OSError(errno.EACCES, "denied"), tmp_path).code == "file_unreadable"


@pytest.mark.parametrize("renaming", [True, False])
def test_a_new_name_is_never_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renaming: bool) -> None:
    if not renaming:
        monkeypatch.setattr(naming, "_renameat2", lambda: None)
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "hidden").write_text("theirs")
    with pytest.raises(FileExistsError):
        naming.name_new(tmp_path / "hidden", tmp_path / "mine")
    with pytest.raises(FileNotFoundError):
        naming.name_new(tmp_path / "absent", tmp_path / "new")
    naming.name_new(tmp_path / "hidden", tmp_path / "new")
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"mine": "mine", "new": "theirs"}


def test_a_file_system_without_the_call_has_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "_renameat2", lambda: lambda *_: ctypes.set_errno(errno.EINVAL) or -1)
    (tmp_path / "hidden").write_text("theirs")
    naming.name_new(tmp_path / "hidden", tmp_path / "new")
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
