"""Exclusive locks on files: they end with the process that holds them, however it ends.

POSIX: flock(2). Windows: LockFileEx by msvcrt.locking, on one byte far behind any content.
"""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from fumibako.disk.positioned import open_private

if sys.platform == "win32":
    import msvcrt

    # msvcrt locks from where the descriptor stands; what is locked can't be read by others, so it is no byte of the content.
    _FAR = 1 << 40

    def try_lock(descriptor: int) -> bool:
        """Take the lock of an open file, or say that another has it."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock of an open file, or say that another has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def locked_file(path: Path, *, append: bool = True) -> int | None:
    """``path`` opened (for appending) and locked, made where it is absent; None where another has it. Raises OSError."""
    while True:
        descriptor = open_private(path, append=append)
        if not try_lock(descriptor):
            os.close(descriptor)
            return None
        # Whoever held it may have finished and removed it between the two calls: then this is the file of nobody.
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


class LockFile:
    """A file that is there to be locked. ``async with``: waits for its turn by ``pause`` (seconds)."""

    def __init__(self, path: Path, pause: Callable[[float], Awaitable[None]]) -> None:
        self._path = path
        self._pause = pause
        self._descriptor: int | None = None

    async def __aenter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while (descriptor := locked_file(self._path)) is None:
            await self._pause(0.05)
        self._descriptor = descriptor

    async def __aexit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
