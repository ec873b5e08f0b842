import hashlib
import os
from pathlib import Path

import pytest
from fumibako.blocking import open_pool
from fumibako.downloads.part_file import PartFile
from fumibako.driving import run
from fumibako.errors import Full, UsageError

from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.streaming import FIRST_PLAINTEXT, NEXT_PLAINTEXT, segment_plaintext_range

LINE = open_pool().line


def part_file(path: Path, *, identity: str, size: int, sync_every: int = 1 << 62) -> PartFile:
    part = PartFile(path, identity=identity, size=size, sync_every=sync_every)
    run(part.take_up(LINE))
    return part


def test_segments_in_any_order_make_the_file(tmp_path: Path) -> None:
    content = os.urandom(FIRST_PLAINTEXT + 100)
    part = part_file(tmp_path / "deep/f", identity="fi_1", size=len(content))
    part.write(1, content[FIRST_PLAINTEXT:])
    part.write(0, content[:FIRST_PLAINTEXT])
    part.finish(replace=False)
    assert (tmp_path / "deep/f").read_bytes() == content
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["f"]


def test_nothing_has_the_name_before_it_is_whole(tmp_path: Path) -> None:
    part = part_file(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, b"abc")
    assert not (tmp_path / "f").exists()
    part.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_held_is_taken_up_and_what_was_damaged_is_not(tmp_path: Path) -> None:
    content = os.urandom(FIRST_PLAINTEXT + 100)
    part = part_file(tmp_path / "f", identity="fi_1", size=len(content))
    part.write(0, content[:FIRST_PLAINTEXT])
    part.write(1, content[FIRST_PLAINTEXT:])
    part.close()
    [hidden] = [p for p in tmp_path.iterdir() if p.suffix == ".part"]
    with hidden.open("r+b") as stream:
        stream.write(b"\0\0\0\0")
    again = part_file(tmp_path / "f", identity="fi_1", size=len(content))
    assert [again.holds(0), again.holds(1)] == [False, True]
    again.discard()


def test_two_at_once_exclude_each_other(tmp_path: Path) -> None:
    part = part_file(tmp_path / "f", identity="fi_1", size=3)
    with pytest.raises(UsageError) as caught:
        part_file(tmp_path / "f", identity="fi_1", size=3)
    assert caught.value.code == "download_running"
    part.discard()


def test_a_file_in_the_way_stays_unless_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    part = part_file(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, b"abc")
    with pytest.raises(UsageError) as caught:
        part.finish(replace=False)
    assert caught.value.code == "exists"
    assert (tmp_path / "f").read_text() == "mine"
    part.finish(replace=True)
    assert (tmp_path / "f").read_text() == "abc"


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    part = part_file(tmp_path / "f", identity="fi_1", size=1 << 20)
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, part._file.descriptor)
    os.close(full)
    with pytest.raises(Full) as caught:
        part.write(0, b"x" * 100)
    assert caught.value.exit_code == 8
    part.discard()


def test_the_whole_sha256_is_of_the_bytes_on_the_disk_in_whatever_order_they_came(tmp_path: Path) -> None:
    content = os.urandom(FIRST_PLAINTEXT + 2 * NEXT_PLAINTEXT + 5)
    part = part_file(tmp_path / "f", identity="fi_1", size=len(content), sync_every=1 << 20)
    part.hash_along()
    for index in (2, 0, 3, 1):
        start, end = segment_plaintext_range(index, len(content))
        part.write(index, content[start:end])
    assert part.sha256() == hashlib.sha256(content).hexdigest()
    assert part.digest() == file_digest(
        segment_digest(content[slice(*segment_plaintext_range(index, len(content)))]) for index in range(4)
    )
    part.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_another_file_is_not_believed(tmp_path: Path) -> None:
    part = part_file(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, b"abc")
    part.close()
    [listed] = tmp_path.glob(".*.held")
    listed.write_bytes(listed.read_bytes().replace(b"fi_1", b"fi_2"))
    again = part_file(tmp_path / "f", identity="fi_1", size=3)
    assert not again.holds(0)
    again.discard()


@pytest.mark.parametrize("cut", [63, 64, 65, 95])
def test_a_list_that_a_crash_cut_names_nothing_more(tmp_path: Path, cut: int) -> None:
    part = part_file(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, b"abc")
    part.close()
    [listed] = tmp_path.glob(".*.held")
    listed.write_bytes(listed.read_bytes()[:cut])
    again = part_file(tmp_path / "f", identity="fi_1", size=3)
    assert not again.holds(0)
    again.discard()
