"""A range of a stored file's plaintext, opened segment by segment: no byte of a segment is given before its tag held."""

from collections.abc import Iterator

from chalicelib.use_cases.clearing.plaintext_stream import Feed
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.receiving.fetch_plan import PlannedFile
from fumibako_format.errors import LengthError
from fumibako_format.keys import associated_data
from fumibako_format.streaming import (
    FIRST_PLAINTEXT,
    HEADER_BYTES,
    NEXT_PLAINTEXT,
    SEGMENT_BYTES,
    Header,
    Opener,
    ciphertext_size,
    segment_ciphertext_range,
    segment_count,
    segment_plaintext_range,
)

Piece = bytes | memoryview


def opened_range(ctx: Context, file: PlannedFile, start: int, end: int) -> Iterator[Piece]:
    """``[start, end)`` of the plaintext in pieces of up to 1 MiB. A piece is good until the next one is asked for.

    An empty file has nothing to give, and its one segment is opened all the same. Raises FormatError where the stored bytes are not what
    key and plan say, NotFound and StoreAway as the blob store does.
    """
    if file.key is not None:
        yield from _opened(ctx, file, file.key, start, end)
    elif end > start:
        yield from ctx.blobs.read(file.ref, file.version, offset=file.entry.offset + start, length=end - start)


def _opened(ctx: Context, file: PlannedFile, key: bytes, start: int, end: int) -> Iterator[Piece]:
    size, base = file.size, file.entry.offset
    if file.entry.length != ciphertext_size(size):
        raise LengthError("The stored length is not that of a file of this size.")
    first, last = _segment_at(start), max(_segment_at(start), _segment_at(end - 1))
    from_byte = segment_ciphertext_range(first, size)[0]
    to_byte = segment_ciphertext_range(last, size)[1]
    header = b"".join(ctx.blobs.read(file.ref, file.version, offset=base, length=HEADER_BYTES))
    opener = Opener(key, associated_data(file.ref.transfer, file.entry.id), Header.parse(header))
    feed = Feed(ctx.blobs.read(file.ref, file.version, offset=base + from_byte, length=to_byte - from_byte))
    plain = memoryview(bytearray(min(SEGMENT_BYTES, max(size, 1))))
    final = segment_count(size) - 1
    for index in range(first, last + 1):
        from_byte, to_byte = segment_ciphertext_range(index, size)
        sealed = memoryview(feed.take(to_byte - from_byte))
        opener.open_into(index, sealed[HEADER_BYTES:] if index == 0 else sealed, plain, last=index == final)
        lies_from, lies_to = segment_plaintext_range(index, size)
        if min(end, lies_to) > max(start, lies_from):
            yield plain[max(start, lies_from) - lies_from : min(end, lies_to) - lies_from]


def _segment_at(offset: int) -> int:
    """The segment in which a byte of the plaintext lies."""
    return 0 if offset < FIRST_PLAINTEXT else 1 + (offset - FIRST_PLAINTEXT) // NEXT_PLAINTEXT
