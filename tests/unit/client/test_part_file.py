import os
from pathlib import Path

import pytest
from fumibako.downloads.part_file import PartFile
from fumibako.errors import Full, UsageError

from fumibako_format.digest import segment_digest
from fumibako_format.streaming import FIRST_PLAINTEXT


def test_segments_in_any_order_make_the_file(tmp_path: Path) -> None:
    content = os.urandom(FIRST_PLAINTEXT + 100)
    part = PartFile(tmp_path / "deep/f", identity="fi_1", size=len(content))
    part.write(1, [content[FIRST_PLAINTEXT:]])
    part.write(0, [content[:FIRST_PLAINTEXT]])
    part.finish(replace=False)
    assert (tmp_path / "deep/f").read_bytes() == content
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["f"]


def test_nothing_has_the_name_before_it_is_whole(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, [b"abc"])
    assert not (tmp_path / "f").exists()
    part.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_held_is_taken_up_and_what_was_damaged_is_not(tmp_path: Path) -> None:
    content = os.urandom(FIRST_PLAINTEXT + 100)
    part = PartFile(tmp_path / "f", identity="fi_1", size=len(content))
    part.write(0, [content[:FIRST_PLAINTEXT]])
    part.write(1, [content[FIRST_PLAINTEXT:]])
    part.close()
    [hidden] = [p for p in tmp_path.iterdir() if p.suffix == ".part"]
    with hidden.open("r+b") as stream:
        stream.write(b"\0\0\0\0")
    again = PartFile(tmp_path / "f", identity="fi_1", size=len(content))
    assert again.held == {1: segment_digest(content[FIRST_PLAINTEXT:])}
    again.discard()


def test_two_at_once_exclude_each_other(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "f", identity="fi_1", size=3)
    with pytest.raises(UsageError) as caught:
        PartFile(tmp_path / "f", identity="fi_1", size=3)
    assert caught.value.code == "download_running"
    part.discard()


def test_a_file_in_the_way_stays_unless_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    part = PartFile(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, [b"abc"])
    with pytest.raises(UsageError) as caught:
        part.finish(replace=False)
    assert caught.value.code == "exists"
    assert (tmp_path / "f").read_text() == "mine"
    part.finish(replace=True)
    assert (tmp_path / "f").read_text() == "abc"


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "f", identity="fi_1", size=1 << 20)
    os.close(part._descriptor)
    part._descriptor = os.open("/dev/full", os.O_RDWR)
    with pytest.raises(Full) as caught:
        part.write(0, [b"x" * 100])
    assert caught.value.exit_code == 8
    part.discard()


def test_the_whole_sha256_is_of_the_bytes_on_the_disk(tmp_path: Path) -> None:
    import hashlib

    part = PartFile(tmp_path / "f", identity="fi_1", size=3)
    part.write(0, [b"abc"])
    assert part.sha256() == hashlib.sha256(b"abc").hexdigest()
    part.discard()
