"""The three kinds of blob a client sends: one sealed file, a pack of small sealed files, one plain file."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.uploads.journal import Journal
from fumibako.uploads.local_files import LocalFile, require_unchanged
from fumibako.uploads.sealing import SealedFile, segments_of_part

Body = Callable[[], Iterable[bytes]]
_CHUNK = 1 << 20
# Plaintext that a part under way holds, in segments. What lies behind it is read a second time when it is sent, so that memory does not
# grow with the size of parts, which grows with the file (spec/format.md).
KEPT_SEGMENTS = 16


class Blob(Protocol):
    """``id`` on the server, ``size`` in bytes as stored, cut into parts of ``part_size``."""

    @property
    def id(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def part_size(self) -> int: ...

    def prepare(self, start: int, end: int, journal: Journal) -> Body:
        """What makes the bytes of one part, again for each try, after they were promised in the journal."""
        ...

    def release(self) -> None:
        """All parts are stored: give memory and descriptors back."""
        ...


def part_ranges(blob: Blob) -> Iterator[tuple[int, int, int]]:
    """Number (from 1), start and end of each part; an empty plain file has one part of nothing."""
    if blob.size == 0:
        yield 1, 0, 0
    for number, start in enumerate(range(0, blob.size, blob.part_size), 1):
        yield number, start, min(blob.size, start + blob.part_size)


@dataclass
class SealedBlob:
    """One file of a blob's own."""

    id: str
    size: int
    part_size: int
    file: SealedFile

    def prepare(self, start: int, end: int, journal: Journal) -> Body:
        first, last = segments_of_part(start, end)
        kept = self.file.read(first, min(last, first + KEPT_SEGMENTS))
        for index in range(first + len(kept), last):
            self.file.read(index, index + 1)
        promised = [self.file.digests[i] for i in range(first, last)]
        journal.promise(self.file.file_id, first, promised)
        return lambda: self._sealed(first, kept, promised)

    def _sealed(self, first: int, kept: list[bytes], promised: list[bytes]) -> Iterator[bytes]:
        yield from self.file.seal(first, kept)
        for index in range(first + len(kept), first + len(promised)):
            [plaintext] = self.file.read(index, index + 1)
            if self.file.digests[index] != promised[index - first]:
                raise UsageError("file_changed", text("file_changed_resume"), text("file_changed_hint"))
            yield from self.file.seal(index, [plaintext])

    def release(self) -> None:
        self.file.close()


class PackBlob:
    """Small files one after another. The pack (64 MiB at most) is sealed once, when its first part is asked for."""

    def __init__(self, blob_id: str, size: int, part_size: int, members: list[tuple[int, SealedFile]]) -> None:
        self.id = blob_id
        self.size = size
        self.part_size = part_size
        self._members = members
        self._lock = threading.Lock()
        self._sealed: bytearray | None = None

    def prepare(self, start: int, end: int, journal: Journal) -> Body:
        with self._lock:
            if self._sealed is None:
                self._sealed = self._seal(journal)
            part = bytes(memoryview(self._sealed)[start:end])
        return lambda: (part[i : i + _CHUNK] for i in range(0, len(part), _CHUNK))

    def _seal(self, journal: Journal) -> bytearray:
        read = [(offset, file, file.read(0, file.segments)) for offset, file in self._members]
        journal.promise_all([(f.file_id, 0, [f.digests[i] for i in range(f.segments)]) for _, f, _ in read])
        sealed = bytearray(self.size)
        for offset, file, plaintexts in read:
            data = b"".join(file.seal(0, plaintexts))
            sealed[offset : offset + len(data)] = data
            file.close()
        return sealed

    def release(self) -> None:
        self._sealed = None


@dataclass
class PlainBlob:
    """A plain file: its bytes as they are. The SHA-256 of each part is promised, so that two contents are never mixed in one file."""

    id: str
    size: int
    part_size: int
    local: LocalFile

    def prepare(self, start: int, end: int, journal: Journal) -> Body:
        journal.promise(self.id, start // max(1, self.part_size), [self.digest(start, end)])
        return lambda: self._read(start, end)

    def digest(self, start: int, end: int) -> bytes:
        """SHA-256 of a range. Raises UsageError where the file changed since it was chosen."""
        read = hashlib.sha256()
        for data in self._read(start, end):
            read.update(data)
        return read.digest()

    def _read(self, start: int, end: int) -> Iterator[bytes]:
        try:
            descriptor = os.open(self.local.path, os.O_RDONLY)
        except OSError as error:
            raise UsageError("file_changed", text("file_vanished"), text("file_changed_hint")) from error
        try:
            require_unchanged(self.local, descriptor)
            while start < end:
                data = os.pread(descriptor, min(_CHUNK, end - start), start)
                if not data:
                    raise UsageError("file_changed", text("file_vanished"), text("file_changed_hint"))
                start += len(data)
                yield data
            require_unchanged(self.local, descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Each part opens the file for itself."""
