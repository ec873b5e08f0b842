"""Making many small files durable together: one syncfs(2) where the system has it, else one fsync for each.

On ext4 a batch of 1,000 files of 2 KiB takes one journal commit in place of 1,000.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from fumibako.disk.positioned import open_private

# Below it the files alone are synced, and not whatever else waits on the same file system.
_FEWEST = 16


class FileSystems:
    """The file systems that a set of folders lies on. Each is held open from its first file on, so that a write that fails later is told of."""

    def __init__(self) -> None:
        self._descriptors: dict[int, int] = {}

    def join(self, folder: Path) -> None:
        """Files will be written into this folder. Raises OSError."""
        if sys.platform == "linux":
            device = folder.stat().st_dev
            if device not in self._descriptors:
                self._descriptors[device] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def sync(self, paths: Sequence[str]) -> None:
        """The content of these files would survive a power cut. Raises OSError."""
        if self.sync_all(len(paths)):
            return
        for path in paths:
            descriptor = open_private(path)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sync_all(self, count: int) -> bool:
        """Whether everything on them was made durable at once: where the system can, and ``count`` waits for the disk are worth it."""
        return sys.platform == "linux" and count >= _FEWEST and self._synced()

    def _synced(self) -> bool:
        """Whether the system could sync them all. Raises OSError where a write failed."""
        if (call := _syncfs()) is None:
            return False
        for descriptor in self._descriptors.values():
            if call(descriptor):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return True

    def close(self) -> None:
        """Give the descriptors back."""
        while self._descriptors:
            with contextlib.suppress(OSError):
                os.close(self._descriptors.popitem()[1])


@cache
def _syncfs() -> "ctypes._NamedFuncPointer | None":
    """The system's C library has it on glibc and musl; what takes their place may not."""
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
