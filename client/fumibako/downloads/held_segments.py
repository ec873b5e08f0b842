"""Segments of one plaintext at their place in a file, and a list of those that are there and held.

Plaintext goes only where its tag held. The list has 32 bytes for each segment: its SHA-256, or zeros. After a crash every listed segment is
read back and compared, so a resumed file is as certain as one fetched in one go; an entry that a crash left half written fits nothing, and its
segment is fetched again. Memory: one byte a segment.
"""

from collections.abc import Iterator

from fumibako.disk.positioned import read_into, write_from
from fumibako.downloads.running_hash import RunningHash
from fumibako.line import Line
from fumibako_format.digest import DIGEST_BYTES, file_digest, segment_digest
from fumibako_format.streaming import SEGMENT_BYTES, segment_count, segment_plaintext_range

_ENTRIES_A_READ = 2048


class HeldSegments:
    """Written in any order, from several threads. ``at``: where the plaintext begins in its file; ``list_at``: where its list begins."""

    def __init__(self, descriptor: int, listed: int, size: int, *, at: int = 0, list_at: int = 0) -> None:
        self.descriptor = descriptor
        self._list = listed
        self._size = size
        self._at, self._list_at = at, list_at
        self._held = bytearray(segment_count(size))
        self._whole: RunningHash | None = None

    @property
    def count(self) -> int:
        """How many segments there are."""
        return len(self._held)

    async def take_up(self, line: Line) -> None:
        """Hold what an earlier run brought and what is still so. Raises OSError."""
        room = bytearray(SEGMENT_BYTES)
        for index, digest in enumerate(self._entries()):
            if any(digest):
                start, end = segment_plaintext_range(index, self._size)
                view = memoryview(room)[: end - start]
                if read_into(self.descriptor, view, self._at + start) == len(view) and segment_digest(view) == digest:
                    self._held[index] = 1
                await line.turn()

    def _entries(self) -> Iterator[bytes]:
        """What the list says of each segment."""
        left, at = self.count, self._list_at
        while left > 0:
            room = bytearray(min(left, _ENTRIES_A_READ) * DIGEST_BYTES)
            read_into(self._list, memoryview(room), at)
            for place in range(0, len(room), DIGEST_BYTES):
                yield bytes(room[place : place + DIGEST_BYTES])
            left, at = left - _ENTRIES_A_READ, at + len(room)

    def holds(self, index: int) -> bool:
        """Whether a segment is there."""
        return bool(self._held[index])

    def put(self, index: int, plaintext: bytes | memoryview) -> None:
        """Write a segment whose tag held, then list it. Raises OSError."""
        digest = segment_digest(plaintext)
        write_from(self.descriptor, plaintext, self._at + segment_plaintext_range(index, self._size)[0])
        write_from(self._list, digest, self._list_at + index * DIGEST_BYTES)
        self._held[index] = 1

    def hash_along(self) -> None:
        """Compute the SHA-256 of the whole behind the segments as they come, while they are still in the system's cache."""
        self._whole = RunningHash(self.descriptor, self._size, at=self._at)

    def sum_along(self) -> None:
        """The same, and the CRC-32 that a zip has of each entry."""
        self._whole = RunningHash(self.descriptor, self._size, at=self._at, crc=0)

    def advance(self) -> None:
        """Hash what is there without a gap, where it is hashed along."""
        if self._whole is not None:
            self._whole.advance(self._held)

    def digest(self) -> bytes:
        """The digest of the file (spec/format.md, section 3), every segment of which is held."""
        return file_digest(self._entries())

    def sha256(self) -> str | None:
        """Hex SHA-256 of the whole, where it was hashed along."""
        return None if self._whole is None else self._whole.hexdigest(self._held)

    def crc32(self) -> int:
        """Of the whole, after ``sum_along``."""
        if self._whole is None or self._whole.crc is None:
            raise RuntimeError("nothing was summed along")
        self._whole.advance(self._held, wait=True)
        return self._whole.crc
