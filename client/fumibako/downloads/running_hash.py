"""The SHA-256 of a whole file while its segments come in any order: one thread at a time follows behind the first gap."""

import hashlib
import threading
from pathlib import Path

from fumibako.disk.positioned import read_into
from fumibako_format.streaming import SEGMENT_BYTES, segment_plaintext_range


class RunningHash:
    """Reads back what was just written: from the system's cache, not from the disk."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._whole = hashlib.sha256()
        self._next = 0
        self._room = memoryview(bytearray(SEGMENT_BYTES))
        self._busy = threading.Lock()

    def advance(self, held: bytearray, *, wait: bool = False) -> None:
        """Take in the segments that are there without a gap. ``wait``: until another thread is done, where one is at it."""
        if not self._busy.acquire(blocking=wait):
            return
        try:
            while self._next < len(held) and held[self._next]:
                start, end = segment_plaintext_range(self._next, self._size)
                view = self._room[: end - start]
                read_into(self._descriptor, view, start)
                self._whole.update(view)
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
