"""Reading and writing at a place in a file, from several threads at once.

POSIX has pread and pwrite. Windows has neither, so there a lock holds from the seek to the end of the read or write.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Protocol

# O_BINARY is Windows' alone, the others POSIX' alone; 0 changes nothing.
_BINARY = getattr(os, "O_BINARY", 0)
_CLOSED_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_to_read(path: Path) -> int:
    """A descriptor of a file that is there. Raises OSError."""
    return os.open(path, os.O_RDONLY | _BINARY | _CLOSED_ON_EXEC)


def open_new(path: str) -> int:
    """A descriptor to write, of a file that was not there, with the usual mode. Raises FileExistsError, OSError."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _CLOSED_ON_EXEC, 0o666)


def open_private(path: Path | str, *, append: bool = False) -> int:
    """A descriptor to read and write, of a file only its owner can read, made where it is absent. Follows no link. Raises OSError."""
    kind = os.O_APPEND if append else 0
    return os.open(path, os.O_RDWR | os.O_CREAT | kind | _BINARY | _CLOSED_ON_EXEC | _NO_LINK, 0o600)


class PositionalCalls(Protocol):
    """One call each; either may do less than was asked for."""

    def read_into(self, descriptor: int, view: memoryview, offset: int) -> int:
        """Bytes read, 0 at the end of the file."""
        ...

    def write_from(self, descriptor: int, view: memoryview, offset: int) -> int:
        """Bytes written."""
        ...


class SeekingCalls:
    """The same by seek and read, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def read_into(self, descriptor: int, view: memoryview, offset: int) -> int:
        """Bytes read, 0 at the end of the file."""
        with self._lock:
            os.lseek(descriptor, offset, os.SEEK_SET)
            data = os.read(descriptor, len(view))
        view[: len(data)] = data
        return len(data)

    def write_from(self, descriptor: int, view: memoryview, offset: int) -> int:
        """Bytes written."""
        with self._lock:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.write(descriptor, view)


CALLS: PositionalCalls = SeekingCalls()

# macOS has preadv since 11; without it seeking is right, only slower.
if sys.platform != "win32" and hasattr(os, "preadv") and hasattr(os, "pwrite"):

    class PositionedCalls:
        """pread and pwrite."""

        def read_into(self, descriptor: int, view: memoryview, offset: int) -> int:
            """Bytes read, 0 at the end of the file."""
            return os.preadv(descriptor, [view], offset)

        def write_from(self, descriptor: int, view: memoryview, offset: int) -> int:
            """Bytes written."""
            return os.pwrite(descriptor, view, offset)

    CALLS = PositionedCalls()


def read_into(descriptor: int, view: memoryview, offset: int) -> int:
    """Fill ``view`` from ``offset``; fewer bytes than asked for only where the file ends. Raises OSError."""
    filled = 0
    while filled < len(view):
        count = CALLS.read_into(descriptor, view[filled:], offset + filled)
        if not count:
            break
        filled += count
    return filled


def write_from(descriptor: int, data: bytes | bytearray | memoryview, offset: int) -> None:
    """Write all of ``data`` at ``offset``. Raises OSError."""
    view = memoryview(data)
    while view:
        count = CALLS.write_from(descriptor, view, offset)
        view, offset = view[count:], offset + count
