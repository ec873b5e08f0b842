"""The file while it arrives: a hidden neighbour of its destination, and a list of the segments that are in it and held.

Plaintext goes only where its tag held. The list has 32 bytes for each segment: its SHA-256, or zeros. After a crash every listed segment is
read back and compared, so a resumed file is as certain as one fetched in one go; an entry that a crash left half written fits nothing, and its
segment is fetched again. Memory: one byte a segment.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from fumibako.disk.durable import sync_data, sync_folder, usual_mode
from fumibako.disk.locking import locked_file
from fumibako.disk.naming import hidden_name, name_new
from fumibako.disk.positioned import open_private, read_into, write_from
from fumibako.disk.refusals import exists, not_written
from fumibako.downloads.running_hash import RunningHash
from fumibako.errors import UsageError
from fumibako.line import Line
from fumibako.messages import text
from fumibako_format.digest import DIGEST_BYTES, file_digest, segment_digest
from fumibako_format.streaming import SEGMENT_BYTES, segment_count, segment_plaintext_range

_HEAD_BYTES = 64
_ENTRIES_A_READ = 2048


class PartFile:
    """Segments of one file, written in any order, from several threads.

    ``sync_every``: after so many bytes what was written is made durable, beside the other threads, so that the end has little left to wait
    for. Raises UsageError("download_running", "unwritable"), Full.
    """

    def __init__(self, destination: Path, *, identity: str, size: int, sync_every: int = 1 << 62) -> None:
        self._destination = destination
        self._path = hidden_name(destination, identity)
        self._list_path = self._path.with_suffix(".held")
        self._size = size
        self._sync_every, self._unsynced, self._syncing = sync_every, 0, threading.Lock()
        self._open = True
        self._held = bytearray(segment_count(size))
        self._head = f"fumibako-held-1 {identity}".encode().ljust(_HEAD_BYTES)[:_HEAD_BYTES]
        self.whole: RunningHash | None = None
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            listed = locked_file(self._list_path, append=False)
            if listed is None:
                raise UsageError("download_running", text("download_running"), text("upload_running_hint"))
            self._list = listed
            self._descriptor = open_private(self._path)
        except OSError as error:
            raise not_written(error, destination.parent) from error

    async def take_up(self, line: Line) -> None:
        """Hold what an earlier run brought and what is still so."""
        head = bytearray(_HEAD_BYTES)
        read_into(self._list, memoryview(head), 0)
        if head != self._head:
            os.ftruncate(self._list, 0)
            os.ftruncate(self._descriptor, 0)
            self._note(self._head, 0)
            return
        room = bytearray(SEGMENT_BYTES)
        for index, digest in enumerate(self._entries()):
            if any(digest):
                start, end = segment_plaintext_range(index, self._size)
                view = memoryview(room)[: end - start]
                if read_into(self._descriptor, view, start) == len(view) and segment_digest(view) == digest:
                    self._held[index] = 1
                await line.turn()

    def _entries(self) -> Iterator[bytes]:
        """What the list says of each segment."""
        left, at = len(self._held), _HEAD_BYTES
        while left > 0:
            room = bytearray(min(left, _ENTRIES_A_READ) * DIGEST_BYTES)
            read_into(self._list, memoryview(room), at)
            for place in range(0, len(room), DIGEST_BYTES):
                yield bytes(room[place : place + DIGEST_BYTES])
            left, at = left - _ENTRIES_A_READ, at + len(room)

    def _note(self, data: bytes, at: int) -> None:
        try:
            write_from(self._list, data, at)
        except OSError as error:
            raise not_written(error, self._destination.parent) from error

    def holds(self, index: int) -> bool:
        """Whether a segment is there."""
        return bool(self._held[index])

    def write(self, index: int, plaintext: bytes | memoryview) -> None:
        """Write a segment whose tag held, then list it. Raises Full, leaving what is there for the next try."""
        if not self._open:
            raise RuntimeError("the file is closed")
        digest = segment_digest(plaintext)
        try:
            write_from(self._descriptor, plaintext, segment_plaintext_range(index, self._size)[0])
            self._note(digest, _HEAD_BYTES + index * DIGEST_BYTES)
            self._held[index] = 1
            self._sync_some(len(plaintext))
        except OSError as error:
            raise not_written(error, self._destination.parent) from error
        if self.whole is not None:
            self.whole.advance(self._held)

    def _sync_some(self, count: int) -> None:
        self._unsynced += count
        if self._unsynced >= self._sync_every and self._syncing.acquire(blocking=False):
            try:
                self._unsynced = 0
                sync_data(self._descriptor)
            finally:
                self._syncing.release()

    def hash_along(self) -> None:
        """Compute the SHA-256 of the whole file behind the segments as they come, while they are still in the system's cache."""
        self.whole = RunningHash(self._descriptor, self._size)

    def digest(self) -> bytes:
        """The digest of the file (spec/format.md, section 3), every segment of which is held."""
        return file_digest(self._entries())

    def sha256(self) -> str | None:
        """Hex SHA-256 of the whole file, where it was hashed along."""
        return None if self.whole is None else self.whole.hexdigest(self._held)

    def finish(self, *, replace: bool) -> None:
        """Give the file its name, durably. Raises UsageError("exists") unless ``replace``, Full, UsageError("unwritable")."""
        try:
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
            self._path.chmod(usual_mode())
            if os.name == "nt":  # no open file can be renamed there
                self.close()
            if replace:
                self._path.replace(self._destination)
            else:
                name_new(self._path, self._destination)
            self.close_and_forget()
            sync_folder(self._destination.parent)
        except FileExistsError:
            raise exists(self._destination) from None
        except OSError as error:
            raise not_written(error, self._destination.parent) from error

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
        self._path.unlink(missing_ok=True)
        self.close_and_forget()

    def close(self) -> None:
        """Keep what is there for the next try."""
        if self._open:
            self._open = False
            os.close(self._descriptor)
            os.close(self._list)
