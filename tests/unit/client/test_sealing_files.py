import os
from pathlib import Path

import pytest
from fumibako.errors import Full, IntegrityFailed, UsageError
from fumibako.sealing import open_file, seal_file

from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.streaming import FIRST_PLAINTEXT, NEXT_PLAINTEXT, ciphertext_size

KEY, AAD = b"k" * 32, b"tr/fi"
SIZES = [0, 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1, FIRST_PLAINTEXT + 4 * NEXT_PLAINTEXT + 9]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("threads", [1, 3])
def test_what_was_sealed_is_opened(tmp_path: Path, size: int, threads: int) -> None:
    content = os.urandom(size)
    (tmp_path / "f").write_bytes(content)
    sealed = seal_file(tmp_path / "f", tmp_path / "s", KEY, aad=AAD, threads=threads, durable=True)
    assert (tmp_path / "s").stat().st_size == ciphertext_size(size)
    assert open_file(tmp_path / "s", tmp_path / "o", KEY, aad=AAD, threads=threads) == sealed
    assert (tmp_path / "o").read_bytes() == content
    pieces = [content[:FIRST_PLAINTEXT]]
    pieces += [content[at : at + NEXT_PLAINTEXT] for at in range(FIRST_PLAINTEXT, size, NEXT_PLAINTEXT)]
    assert sealed == file_digest(segment_digest(piece) for piece in pieces)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f", "o", "s"]


@pytest.mark.parametrize("at", [0, 1, 39, 40, 500_000, -1, -17])
def test_a_flipped_bit_leaves_no_file(tmp_path: Path, at: int) -> None:
    (tmp_path / "f").write_bytes(os.urandom(FIRST_PLAINTEXT + 50))
    seal_file(tmp_path / "f", tmp_path / "s", KEY, aad=AAD)
    content = bytearray((tmp_path / "s").read_bytes())
    content[at] ^= 4
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(IntegrityFailed):
        open_file(tmp_path / "s", tmp_path / "o", KEY, aad=AAD)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f", "s"]


@pytest.mark.parametrize("length", [0, 55, 57, 1 << 20, (1 << 20) + 16])
def test_a_length_no_sealed_file_has_is_refused(tmp_path: Path, length: int) -> None:
    (tmp_path / "s").write_bytes(b"\x28" * length)
    with pytest.raises(IntegrityFailed):
        open_file(tmp_path / "s", tmp_path / "o", KEY, aad=AAD)


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    (tmp_path / "s").write_bytes(b"mine")
    with pytest.raises(UsageError) as caught:
        seal_file(tmp_path / "f", tmp_path / "s", KEY)
    assert caught.value.code == "exists"
    assert (tmp_path / "s").read_bytes() == b"mine"


def test_a_source_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        seal_file(tmp_path / "absent", tmp_path / "s", KEY)
    assert caught.value.code == "file_absent"
    with pytest.raises(UsageError) as caught:
        seal_file(tmp_path, tmp_path / "s", KEY)
    assert caught.value.code in ("not_a_file", "file_unreadable")
    with pytest.raises((UsageError, Full)):
        seal_file(Path(__file__), tmp_path / "no" / "folder", KEY)
