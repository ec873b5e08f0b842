"""The file while it arrives: a hidden neighbour of its destination, and a list of the segments that are in it and held.

Plaintext goes only where its tag held. After a crash every listed segment is read back and its SHA-256 compared, so a resumed
file is as certain as one fetched in one go.
"""

import errno
import fcntl
import hashlib
import json
import os
import threading
from pathlib import Path

from fumibako.errors import Full, UsageError
from fumibako.messages import text
from fumibako_format.digest import segment_digest
from fumibako_format.streaming import segment_plaintext_range

_CHUNK = 1 << 20


class PartFile:
    """Segments of one file, written in any order, from several threads."""

    def __init__(self, destination: Path, *, identity: str, size: int) -> None:
        destination.parent.mkdir(parents=True, exist_ok=True)
        self._destination = destination
        self._path = destination.with_name(f".{destination.name[:120]}.{identity[-8:]}.part")
        self._list_path = self._path.with_suffix(".held")
        self._size = size
        self._lock = threading.Lock()
        self.held: dict[int, bytes] = {}
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._list = os.open(self._list_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise UsageError("unwritable", text("unwritable", path=destination.parent, why=error.strerror)) from error
        try:
            fcntl.flock(self._list, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError("download_running", text("download_running")) from None
        self._take_up(identity)

    def _take_up(self, identity: str) -> None:
        lines = self._list_path.read_bytes().split(b"\n")[:-1]
        if not lines or lines[0] != identity.encode():
            os.ftruncate(self._list, 0)
            os.ftruncate(self._descriptor, 0)
            os.write(self._list, identity.encode() + b"\n")
            return
        for line in lines[1:]:
            index, digest = json.loads(line)
            if segment_digest(self._read(index)) == bytes.fromhex(digest):
                self.held[index] = bytes.fromhex(digest)

    def _read(self, index: int) -> bytes:
        start, end = segment_plaintext_range(index, self._size)
        return os.pread(self._descriptor, end - start, start)

    def write(self, first: int, plaintexts: list[bytes]) -> None:
        """Write consecutive segments whose tags held, then list them. Raises Full, leaving what is there for the next try."""
        digests = [segment_digest(plaintext) for plaintext in plaintexts]
        try:
            for index, plaintext in enumerate(plaintexts, first):
                _pwrite_all(self._descriptor, plaintext, segment_plaintext_range(index, self._size)[0])
            lines = "".join(f"{json.dumps([first + i, d.hex()])}\n" for i, d in enumerate(digests))
            with self._lock:
                os.write(self._list, lines.encode())
                self.held.update({first + i: digest for i, digest in enumerate(digests)})
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise Full(
                    "disk_full", text("disk_full", path=self._destination.parent), text("disk_full_hint")
                ) from error
            raise

    def sha256(self) -> str:
        """Hex SHA-256 of the whole file, read back as it lies on the disk."""
        whole = hashlib.sha256()
        for start in range(0, self._size, _CHUNK):
            whole.update(os.pread(self._descriptor, min(_CHUNK, self._size - start), start))
        return whole.hexdigest()

    def finish(self, *, replace: bool) -> None:
        """Give the file its name, durably. Raises UsageError("exists") unless ``replace``."""
        os.ftruncate(self._descriptor, self._size)
        os.fsync(self._descriptor)
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(self._descriptor, 0o666 & ~umask)
        try:
            if replace:
                self._path.replace(self._destination)
            else:
                os.link(self._path, self._destination)
                self._path.unlink()
        except FileExistsError:
            raise UsageError("exists", text("exists", path=self._destination), text("exists_hint")) from None
        self._list_path.unlink(missing_ok=True)
        self.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._path.unlink(missing_ok=True)
        self._list_path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Keep what is there for the next try."""
        os.close(self._descriptor)
        os.close(self._list)


def _pwrite_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
