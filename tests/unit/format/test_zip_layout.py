"""Zips whose length is known beforehand: Python, unzip, 7z and bsdtar open them; places over 4 GiB are judged by arithmetic."""

import io
import struct
import subprocess
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fumibako_format.errors import LengthError
from fumibako_format.zip_layout import MEMBERS_LIMIT, ZipLayout, ZipMember

MOMENT = 1_767_225_600_000  # 2026-01-01T00:00:00Z
GIB = 1024**3


def whole(contents: dict[str, bytes]) -> bytes:
    layout = ZipLayout([ZipMember(name, len(content)) for name, content in contents.items()], modified=MOMENT)
    bodies = list(contents.values())
    crcs = [zlib.crc32(one) for one in bodies]
    out = io.BytesIO()
    for piece in layout.pieces:
        assert piece.start == out.tell()
        if piece.kind == "local":
            out.write(layout.local_header(piece.member))
        elif piece.kind == "content":
            out.write(bodies[piece.member])
        elif piece.kind == "descriptor":
            out.write(layout.descriptor(piece.member, crcs[piece.member]))
        else:
            out.write(layout.directory(crcs))
        assert piece.start + piece.length == out.tell()
    assert out.tell() == layout.length
    return out.getvalue()


CONTENTS = {"見積書/図面ガ.txt": b"abc" * 5_000, "empty": b"", "b/c/d.bin": bytes(range(256))}


def test_python_reads_what_was_laid_out() -> None:
    with zipfile.ZipFile(io.BytesIO(whole(CONTENTS))) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == CONTENTS
        assert {one.flag_bits & 0x800 for one in opened.infolist()} == {0x800}
        assert {one.date_time for one in opened.infolist()} == {(2026, 1, 1, 0, 0, 0)}


def test_names_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "ガギグ.txt")
    with zipfile.ZipFile(io.BytesIO(whole({decomposed: b"x"}))) as opened:
        assert opened.namelist() == [unicodedata.normalize("NFC", decomposed)]


@pytest.mark.parametrize("command", [["7z", "t", "-y"], ["bsdtar", "-tf"], ["unzip", "-tq"]], ids=lambda one: one[0])
def test_programs_of_the_world_read_it(command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(whole(CONTENTS))
    ended = subprocess.run([*command, str(path)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@given(st.dictionaries(st.text("abc漢字", min_size=1, max_size=20), st.binary(max_size=300), min_size=1, max_size=12))
def test_any_files_come_back(contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(whole(contents))) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == contents


def test_over_4_gib_sizes_offsets_and_length_have_their_zip64_fields() -> None:
    sizes = [5 * GIB, 1, 3]
    layout = ZipLayout([ZipMember(f"{n}.bin", size) for n, size in enumerate(sizes)], modified=MOMENT)
    local = layout.local_header(0)
    assert struct.unpack_from("<II", local, 18) == (0xFFFFFFFF, 0xFFFFFFFF)
    assert struct.unpack_from("<HHQQ", local, 30 + len("0.bin")) == (1, 16, 5 * GIB, 5 * GIB)
    assert layout.descriptor(0, 7) == struct.pack("<IIQQ", 0x08074B50, 7, 5 * GIB, 5 * GIB)
    assert len(layout.descriptor(1, 7)) == 16
    directory = layout.directory([1, 2, 3])
    assert len(directory) == layout.pieces[-1].length
    assert layout.length == layout.pieces[-1].start + len(directory)
    end64 = directory.index(struct.pack("<I", 0x06064B50))
    assert struct.unpack_from("<QQQQ", directory, end64 + 24) == (3, 3, end64, layout.pieces[-1].start)
    locator = struct.unpack_from("<IIQI", directory, end64 + 56)
    assert locator == (0x07064B50, 0, layout.pieces[-1].start + end64, 1)


@pytest.mark.parametrize(("size", "large"), [(0xFFFFFFFE, False), (0xFFFFFFFF, True)])
def test_the_border_of_32_bits(size: int, large: bool) -> None:
    layout = ZipLayout([ZipMember("a", size)], modified=MOMENT)
    assert len(layout.descriptor(0, 0)) == (24 if large else 16)
    assert layout.pieces[1].length == size


def test_a_python_reader_finds_a_member_behind_4_gib(tmp_path: Path) -> None:
    """The first content is a hole in the file: the places are real, the bytes need no room."""
    layout = ZipLayout([ZipMember("hole", 5 * GIB), ZipMember("behind.txt", 5)], modified=MOMENT)
    crcs = [0, zlib.crc32(b"hello")]
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        for piece in layout.pieces:
            file.seek(piece.start)
            if piece.kind == "local":
                file.write(layout.local_header(piece.member))
            elif piece.kind == "descriptor":
                file.write(layout.descriptor(piece.member, crcs[piece.member]))
            elif piece.kind == "directory":
                file.write(layout.directory(crcs))
            elif piece.member == 1:
                file.write(b"hello")
    assert path.stat().st_size == layout.length
    with zipfile.ZipFile(path) as opened:
        assert opened.read("behind.txt") == b"hello"
        assert opened.getinfo("hole").file_size == 5 * GIB


def test_a_layout_has_an_end_to_its_members() -> None:
    with pytest.raises(LengthError):
        ZipLayout([ZipMember(str(n), 0) for n in range(MEMBERS_LIMIT + 1)], modified=MOMENT)
