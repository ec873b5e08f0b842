"""Slices of files to a client: by sendfile(2), or as bytes, without a thread where the kernel has them at hand (preadv2, RWF_NOWAIT)."""

import errno
import os
from collections.abc import Sequence
from typing import Final

from chalicelib.domain.errors import NotFound, StoreAway
from chalicelib.ports.byte_path import FileSlice
from onprem.runtime.asgi_messages import Disconnected

_NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0)
_OF_THE_DISK: Final = frozenset({errno.EIO, errno.ESTALE, errno.ENXIO, errno.ENODEV})


class SliceReader:
    """The bytes of the slices in order, one file open at a time: a blob may have 10,000 of them. Close it."""

    def __init__(self, slices: Sequence[FileSlice]) -> None:
        self._waiting = [piece for piece in reversed(slices) if piece.length]
        self._descriptor = -1
        self._offset = 0
        self._left = 0
        # The first file is opened now, so that a destroyed blob shows before any byte was promised.
        self._open_next()

    @property
    def ended(self) -> bool:
        """Whether nothing is left to be read or sent."""
        return not self._left and not self._waiting

    def send(self, connection: int, most: int) -> int:
        """Send what a non-blocking socket takes now, about ``most`` bytes; in a thread, as the disk may be asked.

        Raises Disconnected, NotFound, and StoreAway where a file is shorter than its slice.
        """
        sent = 0
        while sent < most and (self._left or self._open_next()):
            try:
                count = os.sendfile(connection, self._descriptor, self._offset, min(self._left, most - sent))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in _OF_THE_DISK:
                    raise StoreAway("A file of the store can't be read.") from error
                raise Disconnected from error
            if not count:
                raise StoreAway("A file of the store is shorter than it was.")
            self._advance(count)
            sent += count
        return sent

    def at_once(self, size: int) -> bytes | memoryview | None:
        """Up to ``size`` bytes if they are in memory, b"" at the end, None where the disk must be asked (``read``, in a thread)."""
        if not self._left:
            return None if self._waiting else b""
        if not _NOWAIT:
            return None
        buffer = bytearray(min(size, self._left))
        try:
            count = os.preadv(self._descriptor, [buffer], self._offset, _NOWAIT)
        except OSError:
            return None
        if count == 0:
            return None
        self._advance(count)
        return memoryview(buffer)[:count]

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, b"" at the end. Raises StoreAway where a file is shorter than its slice."""
        if not self._left and not self._open_next():
            return b""
        try:
            chunk = os.pread(self._descriptor, min(size, self._left), self._offset)
        except OSError as error:
            raise StoreAway("A file of the store can't be read.") from error
        if not chunk:
            raise StoreAway("A file of the store is shorter than it was.")
        self._advance(len(chunk))
        return chunk

    def close(self) -> None:
        """Give the file back; repeating it is no error."""
        self._waiting.clear()
        self._left = 0
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open_next(self) -> bool:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if not self._waiting:
            return False
        piece = self._waiting.pop()
        try:
            self._descriptor = os.open(piece.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound from None
        except OSError as error:
            raise StoreAway("A file of the store can't be opened.") from error
        self._offset, self._left = piece.offset, piece.length
        return True

    def _advance(self, count: int) -> None:
        self._offset += count
        self._left -= count
