"""The SHA-256 of a whole file while its segments come in any order: one thread at a time follows behind the first gap."""

import hashlib
import threading
import zlib
from pathlib import Path

from fumibako.disk.positioned import read_into
from fumibako_format.streaming import SEGMENT_BYTES, segment_plaintext_range


class RunningHash:
    """Reads back what was just written: from the system's cache, not from the disk. ``at``: where it begins in the file.

    ``crc``: 0 where the CRC-32 is wanted too.
    """

    def __init__(self, descriptor: int, size: int, *, at: int = 0, crc: int | None = None) -> None:
        self._descriptor = descriptor
        self._size = size
        self._at = at
        self.crc = crc
        self._whole = hashlib.sha256()
        self._next = 0
        self._room = memoryview(bytearray(min(SEGMENT_BYTES, max(1, size))))
        self._busy = threading.Lock()

    def advance(self, held: bytearray, *, wait: bool = False) -> None:
        """Take in the segments that are there without a gap. ``wait``: until another thread is done, where one is at it."""
        if not self._busy.acquire(blocking=wait):
            return
        try:
            while self._next < len(held) and held[self._next]:
                start, end = segment_plaintext_range(self._next, self._size)
                view = self._room[: end - start]
                read_into(self._descriptor, view, self._at + start)
                self._whole.update(view)
                if self.crc is not None:
                    self.crc = zlib.crc32(view, self.crc)
                self._next += 1
        finally:
            self._busy.release()

    def hexdigest(self, held: bytearray) -> str:
        """All are there."""
        self.advance(held, wait=True)
        return self._whole.hexdigest()


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file on this disk. Raises OSError."""
    with path.open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
