"""The file while it arrives: a hidden neighbour of its destination, and a list of the segments that are in it and held.

Plaintext goes only where its tag held. After a crash every listed segment is read back and its SHA-256 compared, so a resumed
file is as certain as one fetched in one go.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import threading
from pathlib import Path

from fumibako.errors import ClientError, Full, UsageError
from fumibako.messages import shown_path, text
from fumibako_format.digest import segment_digest
from fumibako_format.streaming import segment_count, segment_plaintext_range

_CHUNK = 1 << 20


class PartFile:
    """Segments of one file, written in any order, from several threads."""

    def __init__(self, destination: Path, *, identity: str, size: int) -> None:
        self._destination = destination
        self._path = destination.with_name(f".{_shortened(destination.name)}.{identity[-8:]}.part")
        self._list_path = self._path.with_suffix(".held")
        self._size = size
        self._lock = threading.Lock()
        self._open = True
        self.held: dict[int, bytes] = {}
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            self._list = _locked(self._list_path)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise _as_error(error, destination.parent) from error
        self._take_up(identity)

    def _take_up(self, identity: str) -> None:
        lines = self._list_path.read_bytes().split(b"\n")[:-1]
        if not lines or lines[0] != identity.encode():
            os.ftruncate(self._list, 0)
            os.ftruncate(self._descriptor, 0)
            self._note(identity + "\n")
            return
        for line in lines[1:]:
            # A line that a crash left half written names nothing; a segment that isn't what it says is fetched again.
            with contextlib.suppress(ValueError, TypeError):
                index, digest = json.loads(line)
                if 0 <= index < segment_count(self._size) and segment_digest(self._read(index)).hex() == digest:
                    self.held[index] = bytes.fromhex(digest)

    def _note(self, lines: str) -> None:
        try:
            os.write(self._list, lines.encode())
        except OSError as error:
            raise _as_error(error, self._destination.parent) from error

    def _read(self, index: int) -> bytes:
        start, end = segment_plaintext_range(index, self._size)
        return os.pread(self._descriptor, end - start, start)

    def write(self, first: int, plaintexts: list[bytes]) -> None:
        """Write consecutive segments whose tags held, then list them. Raises Full, leaving what is there for the next try."""
        digests = [segment_digest(plaintext) for plaintext in plaintexts]
        if not self._open:
            raise RuntimeError("the file is closed")
        try:
            for index, plaintext in enumerate(plaintexts, first):
                _pwrite_all(self._descriptor, plaintext, segment_plaintext_range(index, self._size)[0])
        except OSError as error:
            raise _as_error(error, self._destination.parent) from error
        lines = "".join(f"{json.dumps([first + i, d.hex()])}\n" for i, d in enumerate(digests))
        with self._lock:
            self._note(lines)
            self.held.update({first + i: digest for i, digest in enumerate(digests)})

    def sha256(self) -> str:
        """Hex SHA-256 of the whole file, read back as it lies on the disk."""
        whole = hashlib.sha256()
        for start in range(0, self._size, _CHUNK):
            whole.update(os.pread(self._descriptor, min(_CHUNK, self._size - start), start))
        return whole.hexdigest()

    def finish(self, *, replace: bool) -> None:
        """Give the file its name, durably. Raises UsageError("exists") unless ``replace``, Full, UsageError("unwritable")."""
        try:
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(self._descriptor, 0o666 & ~umask)
            if replace:
                self._path.replace(self._destination)
            else:
                self._link()
            self._list_path.unlink(missing_ok=True)
            _sync_folder(self._destination.parent)
        except FileExistsError:
            raise UsageError(
                "exists", text("exists", path=shown_path(self._destination)), text("exists_hint")
            ) from None
        except OSError as error:
            raise _as_error(error, self._destination.parent) from error
        self.close()

    def _link(self) -> None:
        """The name without taking anybody else's: link(2) refuses where rename(2) would replace."""
        try:
            os.link(self._path, self._destination)
        except FileExistsError:
            raise
        except OSError:
            # FAT, some network and phone file systems know no links: take the name first, then rename over it.
            os.close(os.open(self._destination, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            self._path.replace(self._destination)
            return
        self._path.unlink()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._path.unlink(missing_ok=True)
        self._list_path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Keep what is there for the next try."""
        if self._open:
            self._open = False
            os.close(self._descriptor)
            os.close(self._list)


def _shortened(name: str) -> str:
    """At most 180 bytes of it: with what is put around it, still a name of 255."""
    return name.encode("utf-8")[:180].decode("utf-8", "ignore")


def _locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise UsageError("download_running", text("download_running"), text("upload_running_hint")) from None
        # The command that held it may have finished and removed it between the two calls.
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _as_error(error: OSError, folder: Path) -> ClientError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Full("disk_full", text("disk_full", path=shown_path(folder)), text("disk_full_hint"))
    return UsageError(
        "unwritable", text("unwritable", path=shown_path(folder), why=error.strerror or ""), text("unwritable_hint")
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Some network file systems refuse it; the file itself is durable all the same.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pwrite_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
