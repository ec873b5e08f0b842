"""The file while it arrives: a hidden neighbour of its destination, and beside it the list of what it holds (fumibako.downloads.held_segments)."""

import contextlib
import os
import threading
from pathlib import Path

from fumibako.disk.durable import sync_data, sync_folder, usual_mode
from fumibako.disk.locking import locked_file
from fumibako.disk.naming import hidden_name, name_new
from fumibako.disk.positioned import open_private, read_into, write_from
from fumibako.disk.refusals import exists, not_written
from fumibako.downloads.held_segments import HeldSegments
from fumibako.errors import UsageError
from fumibako.line import Line
from fumibako.messages import text

_HEAD_BYTES = 64


class ArrivingFile:
    """A hidden file and its locked list, which begins with 64 bytes of ``head``: a list with another head is of something else.

    Raises UsageError("download_running", "unwritable"), Full.
    """

    def __init__(self, destination: Path, *, identity: str, head: str) -> None:
        self.destination = destination
        self.path = hidden_name(destination, identity)
        self._list_path = self.path.with_suffix(".held")
        self._head = head.encode().ljust(_HEAD_BYTES)[:_HEAD_BYTES]
        self.is_open = True
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            listed = locked_file(self._list_path, append=False)
            if listed is None:
                raise UsageError("download_running", text("download_running"), text("upload_running_hint"))
            self.listed = listed
            self.descriptor = open_private(self.path)
        except OSError as error:
            raise not_written(error, destination.parent) from error

    @property
    def list_at(self) -> int:
        """Where the entries of the list begin."""
        return _HEAD_BYTES

    def is_known(self) -> bool:
        """Whether an earlier run wrote into it; otherwise it is emptied and its list begun. Raises Full, UsageError("unwritable")."""
        head = bytearray(_HEAD_BYTES)
        read_into(self.listed, memoryview(head), 0)
        if head == self._head:
            return True
        try:
            os.ftruncate(self.listed, 0)
            os.ftruncate(self.descriptor, 0)
            write_from(self.listed, self._head, 0)
        except OSError as error:
            raise not_written(error, self.destination.parent) from error
        return False

    def finish(self, size: int, *, replace: bool) -> None:
        """Give the file its name, durably. Raises UsageError("exists") unless ``replace``, Full, UsageError("unwritable")."""
        try:
            os.ftruncate(self.descriptor, size)
            os.fsync(self.descriptor)
            self.path.chmod(usual_mode())
            if os.name == "nt":  # no open file can be renamed there
                self.close()
            if replace:
                self.path.replace(self.destination)
            else:
                name_new(self.path, self.destination)
            self.close_and_forget()
            sync_folder(self.destination.parent)
        except FileExistsError:
            raise exists(self.destination) from None
        except OSError as error:
            raise not_written(error, self.destination.parent) from error

    def close_and_forget(self) -> None:
        """Remove the list."""
        if os.name != "nt":  # removed while the lock is held: nobody can take it up between
            self._list_path.unlink(missing_ok=True)
        self.close()
        with contextlib.suppress(OSError):
            self._list_path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing behind."""
        if os.name == "nt":
            self.close()
        self.path.unlink(missing_ok=True)
        self.close_and_forget()

    def close(self) -> None:
        """Keep what is there for the next try."""
        if self.is_open:
            self.is_open = False
            os.close(self.descriptor)
            os.close(self.listed)


class PartFile:
    """Segments of one file, written in any order, from several threads.

    ``sync_every``: after so many bytes what was written is made durable, beside the other threads, so that the end has little left to wait
    for. Raises UsageError("download_running", "unwritable"), Full.
    """

    def __init__(self, destination: Path, *, identity: str, size: int, sync_every: int = 1 << 62) -> None:
        self._file = ArrivingFile(destination, identity=identity, head=f"fumibako-held-1 {identity}")
        self._size = size
        self._sync_every, self._unsynced, self._syncing = sync_every, 0, threading.Lock()
        self._segments = HeldSegments(self._file.descriptor, self._file.listed, size, list_at=self._file.list_at)

    async def take_up(self, line: Line) -> None:
        """Hold what an earlier run brought and what is still so."""
        if self._file.is_known():
            await self._segments.take_up(line)

    def holds(self, index: int) -> bool:
        """Whether a segment is there."""
        return self._segments.holds(index)

    def write(self, index: int, plaintext: bytes | memoryview) -> None:
        """Write a segment whose tag held, then list it. Raises Full, leaving what is there for the next try."""
        if not self._file.is_open:
            raise RuntimeError("the file is closed")
        try:
            self._segments.put(index, plaintext)
            self._sync_some(len(plaintext))
        except OSError as error:
            raise not_written(error, self._file.destination.parent) from error
        self._segments.advance()

    def _sync_some(self, count: int) -> None:
        self._unsynced += count
        if self._unsynced >= self._sync_every and self._syncing.acquire(blocking=False):
            try:
                self._unsynced = 0
                sync_data(self._file.descriptor)
            finally:
                self._syncing.release()

    def hash_along(self) -> None:
        """Compute the SHA-256 of the whole file behind the segments as they come, while they are still in the system's cache."""
        self._segments.hash_along()

    def digest(self) -> bytes:
        """The digest of the file (spec/format.md, section 3), every segment of which is held."""
        return self._segments.digest()

    def sha256(self) -> str | None:
        """Hex SHA-256 of the whole file, where it was hashed along."""
        return self._segments.sha256()

    def finish(self, *, replace: bool) -> None:
        """Give the file its name, durably. Raises UsageError("exists") unless ``replace``, Full, UsageError("unwritable")."""
        self._file.finish(self._size, replace=replace)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.discard()

    def close(self) -> None:
        """Keep what is there for the next try."""
        self._file.close()
