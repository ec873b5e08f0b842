import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fumibako.blocking import open_pool
from fumibako.driving import run
from fumibako.errors import UsageError
from fumibako.uploads.blobs import Blob, PackBlob, PlainBlob, SealedBlob, part_ranges
from fumibako.uploads.journal import Journal
from fumibako.uploads.local_files import collect
from fumibako.uploads.sealing import SealedFile, segments_of_part

from fumibako_format.digest import segment_digest
from fumibako_format.ids import encode_id
from fumibako_format.keys import associated_data
from fumibako_format.streaming import (
    FIRST_PLAINTEXT,
    NEXT_PLAINTEXT,
    SEGMENT_BYTES,
    Header,
    ciphertext_size,
    open_stream,
)

TRANSFER = encode_id("tr", bytes(16))
KEY = b"k" * 32
LINE = open_pool().line


def sealed_file(path: Path, number: int = 1) -> SealedFile:
    [local] = collect([path])
    return SealedFile(local, encode_id("fi", number.to_bytes(16, "big")), TRANSFER, KEY, Header.generate(os.urandom))


def opened(file: SealedFile, ciphertext: bytes) -> bytes:
    out = io.BytesIO()
    aad = associated_data(TRANSFER, file.file_id)
    open_stream(io.BytesIO(ciphertext).read, out.write, key=file.key, aad=aad, ciphertext_size=len(ciphertext))
    return out.getvalue()


def made(blob: Blob, start: int, end: int, journal: Journal) -> Callable[[], bytes]:
    """The part, promised; each call makes its bytes again."""
    prepared = run(blob.prepare(start, end, journal, LINE))
    return lambda: b"".join(bytes(piece) for piece in prepared.body())


SIZES = [0, 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1, FIRST_PLAINTEXT + 5 * NEXT_PLAINTEXT + 7]


@pytest.mark.parametrize("size", SIZES)
def test_parts_in_any_order_make_the_file(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "f").write_bytes(content)
    file = sealed_file(tmp_path / "f")
    blob = SealedBlob("bl", ciphertext_size(size), 2 * SEGMENT_BYTES, file)
    journal = Journal(tmp_path / "j")
    parts = {n: made(blob, a, b, journal)() for n, a, b in reversed(list(part_ranges(blob)))}
    whole = b"".join(parts[n] for n in sorted(parts))
    assert len(whole) == blob.size
    assert opened(file, whole) == content
    blob.release()


def test_a_part_made_again_is_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(3_000_000))
    file = sealed_file(tmp_path / "f")
    blob = SealedBlob("bl", ciphertext_size(3_000_000), 1 << 21, file)
    body = made(blob, 0, 1 << 21, Journal(tmp_path / "j"))
    assert body() == body()


def test_promises_stand_in_the_journal_before_the_bytes_are_made(tmp_path: Path) -> None:
    content = os.urandom(FIRST_PLAINTEXT + 10)
    (tmp_path / "f").write_bytes(content)
    file = sealed_file(tmp_path / "f")
    journal = Journal(tmp_path / "j")
    blob = SealedBlob("bl", ciphertext_size(len(content)), 1 << 22, file)
    made(blob, 0, blob.size, journal)
    expected = [segment_digest(content[:FIRST_PLAINTEXT]), segment_digest(content[FIRST_PLAINTEXT:])]
    assert list(journal.digests(file.file_id)) == expected


def test_a_byte_changed_with_size_and_time_set_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a" * 100)
    status = path.stat()
    journal = Journal(tmp_path / "j")
    file = sealed_file(path)
    blob = SealedBlob("bl", ciphertext_size(100), 1 << 20, file)
    made(blob, 0, blob.size, journal)
    path.write_bytes(b"a" * 99 + b"b")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    blob.release()
    with pytest.raises(UsageError) as caught:
        made(blob, 0, blob.size, journal)
    assert caught.value.code == "file_changed"


def test_a_pack_holds_every_file_at_its_place(tmp_path: Path) -> None:
    contents = [os.urandom(n) for n in (0, 5, 70_000, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 9)]
    files, members, at = [], [], 0
    for number, content in enumerate(contents):
        (tmp_path / f"f{number}").write_bytes(content)
        files.append(sealed_file(tmp_path / f"f{number}", number))
        members.append((at, files[-1]))
        at += ciphertext_size(len(content))
    blob = PackBlob("bl", at, SEGMENT_BYTES, members, LINE)
    journal = Journal(tmp_path / "j")
    whole = b"".join(made(blob, a, b, journal)() for _, a, b in part_ranges(blob))
    for (offset, file), content in zip(members, contents, strict=True):
        assert opened(file, whole[offset : offset + ciphertext_size(len(content))]) == content


def test_a_plain_file_goes_as_it_is(tmp_path: Path) -> None:
    content = os.urandom(2_500_000)
    (tmp_path / "f").write_bytes(content)
    [local] = collect([tmp_path / "f"])
    blob = PlainBlob("bl", len(content), 1 << 20, local)
    journal = Journal(tmp_path / "j")
    assert b"".join(made(blob, a, b, journal)() for _, a, b in part_ranges(blob)) == content


def test_an_empty_plain_file_has_one_empty_part(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    [local] = collect([tmp_path / "f"])
    assert list(part_ranges(PlainBlob("bl", 0, 1 << 20, local))) == [(1, 0, 0)]


def test_a_file_that_vanished_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    file = sealed_file(tmp_path / "f")
    (tmp_path / "f").unlink()
    with pytest.raises(UsageError) as caught:
        file.read(0, bytearray(SEGMENT_BYTES))
    assert caught.value.code == "file_changed"


@pytest.mark.parametrize(
    ("start", "end", "segments"),
    [(0, 56, (0, 1)), (0, 1 << 20, (0, 1)), (0, 16 << 20, (0, 16)), (16 << 20, (16 << 20) + 17, (16, 17))],
)
def test_parts_hold_whole_segments(start: int, end: int, segments: tuple[int, int]) -> None:
    assert segments_of_part(start, end) == segments
