"""A zip that is written in any order, and taken up after a crash."""

import hashlib
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from fumibako.blocking import open_pool
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.zip_part import ZipPart
from fumibako.driving import run
from fumibako.errors import Full, UsageError

from fumibako_format.digest import file_digest
from fumibako_format.record import FileRecord
from fumibako_format.streaming import FIRST_PLAINTEXT, segment_plaintext_range

LINE = open_pool().line
MODIFIED = 1_767_225_600_000
SMALL = [b"", b"one", b"two" * 1_000, b"x" * FIRST_PLAINTEXT]
LARGE = os.urandom(FIRST_PLAINTEXT + 1_000_000)


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def segments(content: bytes) -> list[bytes]:
    count = 1 if len(content) <= FIRST_PLAINTEXT else 2
    return [content[slice(*segment_plaintext_range(n, len(content)))] for n in range(count)]


def remote(number: int, content: bytes) -> RemoteFile:
    digest = file_digest([sha256(one) for one in segments(content)])
    record = FileRecord(f"{number}.bin", "", len(content), digest)
    return RemoteFile({"id": f"fi_{number}"}, record, b"k" * 32, b"")


def part(path: Path, contents: list[bytes], *, identity: str = "tr_00000001") -> ZipPart:
    files = [remote(n, content) for n, content in enumerate(contents)]
    names = [f"d/{n}.bin" for n in range(len(contents))]
    zipped = ZipPart(path, files, names, identity=identity, modified=MODIFIED)
    run(zipped.take_up(LINE))
    return zipped


def write_large(zipped: ZipPart, number: int, content: bytes) -> None:
    held = run(zipped.segments(number, LINE))
    for index in (1, 0):
        if not held.holds(index):
            held.put(index, segments(content)[index])
        held.advance()
    zipped.finish_file(number, held.sha256() or "", held.crc32())


def contents_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {one: opened.read(one) for one in opened.namelist()}


def test_files_in_any_order_make_the_zip(tmp_path: Path) -> None:
    contents = [*SMALL, LARGE, b"last"]
    zipped = part(tmp_path / "deep" / "a.zip", contents)
    zipped.write_run(5, [b"last"], [sha256(b"last")])
    write_large(zipped, 4, LARGE)
    assert [zipped.holds(n) for n in range(6)] == [False] * 4 + [True] * 2
    zipped.write_run(0, SMALL, [sha256(one) for one in SMALL])
    assert not (tmp_path / "deep" / "a.zip").exists()
    zipped.finish(replace=False)
    assert contents_of(tmp_path / "deep" / "a.zip") == {f"d/{n}.bin": one for n, one in enumerate(contents)}
    assert [zipped.sha256(n) for n in range(6)] == [sha256(one).hex() for one in contents]
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["a.zip"]


def test_what_a_crash_left_is_read_again_before_it_counts(tmp_path: Path) -> None:
    contents = [b"first", b"second", LARGE, LARGE[::-1]]
    zipped = part(tmp_path / "a.zip", contents)
    zipped.write_run(0, contents[:2], [sha256(one) for one in contents[:2]])
    write_large(zipped, 2, LARGE)
    run(zipped.segments(3, LINE)).put(1, segments(contents[3])[1])
    zipped.close()
    [hidden] = [p for p in tmp_path.iterdir() if p.suffix == ".part"]
    data = bytearray(hidden.read_bytes())
    data[data.index(b"second")] ^= 1
    hidden.write_bytes(data)
    again = part(tmp_path / "a.zip", contents)
    assert [again.holds(n) for n in range(4)] == [True, False, False, False]
    held = run(again.segments(3, LINE))
    assert [held.holds(0), held.holds(1)] == [False, True]
    again.write_run(1, [b"second"], [sha256(b"second")])
    write_large(again, 2, LARGE)
    write_large(again, 3, contents[3])
    again.finish(replace=False)
    assert contents_of(tmp_path / "a.zip") == {f"d/{n}.bin": one for n, one in enumerate(contents)}


def test_a_zip_of_other_files_is_begun_anew(tmp_path: Path) -> None:
    zipped = part(tmp_path / "a.zip", [b"first", b"second"])
    zipped.write_run(0, [b"first"], [sha256(b"first")])
    zipped.close()
    again = part(tmp_path / "a.zip", [b"first", b"other"])
    assert not again.holds(0)
    again.discard()
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_exclude_each_other(tmp_path: Path) -> None:
    zipped = part(tmp_path / "a.zip", [b"x"])
    with pytest.raises(UsageError) as caught:
        part(tmp_path / "a.zip", [b"x"])
    assert caught.value.code == "download_running"
    zipped.discard()


def test_a_file_in_the_way_stays_unless_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("mine")
    zipped = part(tmp_path / "a.zip", [b"x"])
    zipped.write_run(0, [b"x"], [sha256(b"x")])
    with pytest.raises(UsageError) as caught:
        zipped.finish(replace=False)
    assert caught.value.code == "exists"
    assert (tmp_path / "a.zip").read_text() == "mine"
    zipped.finish(replace=True)
    assert contents_of(tmp_path / "a.zip") == {"d/0.bin": b"x"}


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    zipped = part(tmp_path / "a.zip", [b"x"])
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, zipped._file.descriptor)
    os.close(full)
    with pytest.raises(Full) as caught:
        zipped.write_run(0, [b"x"], [sha256(b"x")])
    assert caught.value.exit_code == 8
    zipped.discard()


def test_the_sum_of_a_file_is_that_of_its_bytes_on_the_disk(tmp_path: Path) -> None:
    zipped = part(tmp_path / "a.zip", [LARGE])
    held = run(zipped.segments(0, LINE))
    for index in (1, 0):
        held.put(index, segments(LARGE)[index])
        held.advance()
    assert (held.crc32(), held.sha256()) == (zlib.crc32(LARGE), sha256(LARGE).hex())
    zipped.discard()
