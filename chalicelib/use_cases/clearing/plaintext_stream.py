"""The plaintext of a stored file, segment by segment: what the scanner reads, and what a compatible download sends.

Memory stays at a few segments whatever the size.
"""

from collections.abc import Iterable, Iterator

from fumibako_format.errors import LengthError
from fumibako_format.streaming import (
    HEADER_BYTES,
    Header,
    Opener,
    plaintext_size,
    segment_ciphertext_range,
    segment_count,
)


def opened_chunks(chunks: Iterable[bytes], *, key: bytes, aad: bytes, ciphertext_size: int) -> Iterator[bytes]:
    """The plaintext of one stream of exactly ``ciphertext_size`` bytes, each segment only after its tag held.

    Raises FormatError where the bytes are not what the key and the plan say.
    """
    total = plaintext_size(ciphertext_size)
    feed = Feed(chunks)
    opener = Opener(key, aad, Header.parse(feed.take(HEADER_BYTES)))
    segments = segment_count(total)
    for index in range(segments):
        start, end = segment_ciphertext_range(index, total)
        sealed = feed.take(end - start - (HEADER_BYTES if index == 0 else 0))
        yield opener.open(index, sealed, last=index == segments - 1)


class Feed:
    """Exact lengths out of chunks of any length. What comes in just the right length is passed on as it is."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes; raises LengthError where the stream ends before."""
        while len(self._held) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise LengthError("The stored bytes end before the planned length.")
            if not self._held and len(chunk) == size:
                return chunk
            self._held += chunk
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken
