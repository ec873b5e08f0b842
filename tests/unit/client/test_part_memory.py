"""Large parts: their plaintext is not held, and what was read twice must have been the same twice."""

import os
from pathlib import Path

import pytest
from fumibako.driving import run
from fumibako.errors import UsageError
from fumibako.uploads.blobs import KEPT_SEGMENTS, SealedBlob
from fumibako.uploads.journal import Journal

from fumibako_format.streaming import SEGMENT_BYTES, ciphertext_size
from tests.unit.client.test_sealing import LINE, made, opened, sealed_file

SEGMENTS = KEPT_SEGMENTS + 3


def test_a_part_larger_than_what_is_kept_makes_the_file_each_time(tmp_path: Path) -> None:
    content = os.urandom(SEGMENTS * SEGMENT_BYTES)
    (tmp_path / "f").write_bytes(content)
    file = sealed_file(tmp_path / "f")
    size = ciphertext_size(len(content))
    body = made(SealedBlob("bl", size, size, file), 0, size, Journal(tmp_path / "j"))
    first = body()
    assert opened(file, first) == content
    assert body() == first


def test_bytes_that_changed_between_promise_and_sending_never_leave(tmp_path: Path) -> None:
    content = bytearray(os.urandom(SEGMENTS * SEGMENT_BYTES))
    (tmp_path / "f").write_bytes(content)
    before = (tmp_path / "f").stat()
    file = sealed_file(tmp_path / "f")
    size = ciphertext_size(len(content))
    prepared = run(SealedBlob("bl", size, size, file).prepare(0, size, Journal(tmp_path / "j"), LINE))
    content[-1] ^= 1
    (tmp_path / "f").write_bytes(content)
    os.utime(tmp_path / "f", ns=(before.st_atime_ns, before.st_mtime_ns))
    sent: list[bytes] = []
    with pytest.raises(UsageError) as caught:
        sent.extend(bytes(piece) for piece in prepared.body())
    assert caught.value.code == "file_changed"
    assert sum(map(len, sent)) < size
