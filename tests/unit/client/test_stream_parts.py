import hashlib
import io
import os

import pytest
from fumibako.blocking import open_pool
from fumibako.driving import run
from fumibako.uploads import stream_parts
from fumibako.uploads.stream_parts import StreamPart, StreamParts

from fumibako_format.digest import segment_digest
from fumibako_format.streaming import (
    FIRST_PLAINTEXT,
    NEXT_PLAINTEXT,
    SEGMENT_BYTES,
    Header,
    Sealer,
    ciphertext_size,
    open_stream,
)

LINE = open_pool().line
KEY, AAD = b"k" * 32, b"a"
PART = 5 * SEGMENT_BYTES
FULL = FIRST_PLAINTEXT + 4 * NEXT_PLAINTEXT
SIZES = [0, 1, FIRST_PLAINTEXT, FIRST_PLAINTEXT + 1, FULL - 1, FULL, FULL + 1, 2 * FULL + 77]


def parts_of(content: bytes, *, sealer: Sealer | None, piece: int) -> tuple[StreamParts, list[StreamPart]]:
    stream = io.BytesIO(content)

    async def read(count: int) -> bytes:
        return stream.read(min(count, piece))

    parts, found = StreamParts(read, LINE, PART, sealer), []
    while (part := run(parts.next())) is not None:
        found.append(part)
    return parts, found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [65_536, 1 << 30])
@pytest.mark.parametrize("spooled", [False, True])
def test_the_parts_of_a_stream_are_the_sealed_file(
    monkeypatch: pytest.MonkeyPatch, size: int, piece: int, spooled: bool
) -> None:
    if spooled:
        monkeypatch.setattr(stream_parts, "MOST_IN_MEMORY", 0)
    content = os.urandom(size)
    sealer = Sealer(KEY, AAD, Header.generate(os.urandom))
    parts, found = parts_of(content, sealer=sealer, piece=piece)
    assert [part.number for part in found] == list(range(1, len(found) + 1))
    assert all(part.size == PART for part in found[:-1])
    assert [part.last for part in found] == [False] * (len(found) - 1) + [True]
    whole = b"".join(bytes(piece) for part in found for piece in part.body())
    assert whole == b"".join(bytes(piece) for part in found for piece in part.body())
    out = io.BytesIO()
    open_stream(io.BytesIO(whole).read, out.write, key=KEY, aad=AAD, ciphertext_size=ciphertext_size(size))
    assert out.getvalue() == content
    assert (parts.size, parts.stored, parts.whole.digest()) == (size, len(whole), hashlib.sha256(content).digest())
    digests = [digest for part in found for digest in part.digests]
    assert digests[0] == segment_digest(content[:FIRST_PLAINTEXT])
    assert [part.first_segment for part in found] == list(range(0, len(digests), 5))
    for part in found:
        part.release()


@pytest.mark.parametrize("size", [1, PART, PART + 1])
def test_a_plain_stream_goes_as_it_is(size: int) -> None:
    content = os.urandom(size)
    _, found = parts_of(content, sealer=None, piece=1 << 20)
    assert b"".join(bytes(piece) for part in found for piece in part.body()) == content
    assert all(part.size == PART for part in found[:-1])
