"""The three kinds of blob a client sends: one sealed file, a pack of small sealed files, one plain file.

Each part is made in steps of a segment, read, hashed and sealed while it is in the processor's cache; before its body can be had, it was
promised in the journal.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fumibako.line import Line
from fumibako.rooms import Rooms
from fumibako.uploads.journal import Journal, file_changed
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.sealing import OpenFile, SealedFile, segments_of_part
from fumibako_format.digest import segment_digest
from fumibako_format.streaming import SEGMENT_BYTES, segment_plaintext_range

# What a part under way holds, in segments. What lies behind it is read, hashed and sealed a second time when it is sent, so that memory
# does not grow with the size of parts, which grows with the file (spec/format.md).
KEPT_SEGMENTS = 16
# Small files of a pack between two turns of others.
_FILES_A_TURN = 10
_ROOMS = Rooms()


@dataclass
class Prepared:
    """A part that was promised. ``body()`` makes its bytes, again for each try; ``release`` gives the memory back."""

    body: Callable[[], Iterator[memoryview]]
    release: Callable[[], None]


class Blob(Protocol):
    """``id`` on the server, ``size`` in bytes as stored, cut into parts of ``part_size``."""

    @property
    def id(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def part_size(self) -> int: ...

    async def prepare(self, start: int, end: int, journal: Journal, line: Line) -> Prepared:
        """The bytes of one part, after they were promised in the journal. Raises UsageError("file_changed")."""
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


def pieces(data: memoryview) -> Iterator[memoryview]:
    """By 1 MiB."""
    for at in range(0, len(data), SEGMENT_BYTES):
        yield data[at : at + SEGMENT_BYTES]


@dataclass
class SealedBlob:
    """One file of a blob's own."""

    id: str
    size: int
    part_size: int
    file: SealedFile

    async def prepare(self, start: int, end: int, journal: Journal, line: Line) -> Prepared:
        first, last = segments_of_part(start, end)
        plain = _ROOMS.take(SEGMENT_BYTES)
        room = _ROOMS.take(min(last - first, KEPT_SEGMENTS) * SEGMENT_BYTES)
        sealed, kept, digests = memoryview(room), 0, []
        try:
            self.file.source.require_unchanged()
            for index in range(first, last):
                data = self.file.read(index, plain)
                digests.append(segment_digest(data))
                if index - first < KEPT_SEGMENTS:
                    kept += self.file.seal(index, data, sealed[kept:])
                await line.turn()
            self.file.source.require_unchanged()
            journal.promise(self.file.file_id, first, digests)
        except BaseException:
            _ROOMS.give(plain, room)
            raise
        body = lambda: self._body(first, sealed[:kept], digests, plain)  # noqa: E731
        return Prepared(body, lambda: _ROOMS.give(plain, room))

    def _body(self, first: int, kept: memoryview, digests: list[bytes], plain: bytearray) -> Iterator[memoryview]:
        yield from pieces(kept)
        if len(digests) <= KEPT_SEGMENTS:
            return
        sealed = _ROOMS.take(SEGMENT_BYTES)
        try:
            for index in range(first + KEPT_SEGMENTS, first + len(digests)):
                data = self.file.read(index, plain)
                if segment_digest(data) != digests[index - first]:
                    raise file_changed()
                yield memoryview(sealed)[: self.file.seal(index, data, sealed)]
        finally:
            _ROOMS.give(sealed)

    def release(self) -> None:
        self.file.close()


class PackBlob:
    """Small files one after another. The pack (64 MiB at most) is sealed once, when its first part is asked for."""

    def __init__(
        self, blob_id: str, size: int, part_size: int, members: list[tuple[int, SealedFile]], line: Line
    ) -> None:
        self.id = blob_id
        self.size = size
        self.part_size = part_size
        self._members = members
        self._lock = line.lock()
        self._sealed: bytearray | None = None

    async def prepare(self, start: int, end: int, journal: Journal, line: Line) -> Prepared:
        async with self._lock:
            if self._sealed is None:
                self._sealed = await self._seal(journal, line)
        part = memoryview(self._sealed)[start:end]
        return Prepared(lambda: pieces(part), lambda: None)

    async def _seal(self, journal: Journal, line: Line) -> bytearray:
        sealed, plain, promises = bytearray(self.size), _ROOMS.take(SEGMENT_BYTES), []
        view, room = memoryview(sealed), memoryview(plain)
        try:
            for number, (offset, file) in enumerate(self._members):
                data, sealer, digests, at = file.source.read_whole(room), file.new_sealer(), [], offset
                for index in range(file.segments):
                    segment = data[slice(*segment_plaintext_range(index, len(data)))]
                    digests.append(segment_digest(segment))
                    at += sealer.seal_into(index, segment, view[at:], last=index == file.segments - 1)
                promises.append((file.file_id, 0, digests))
                if number % _FILES_A_TURN == 0:
                    await line.turn()
        finally:
            _ROOMS.give(plain)
        journal.promise_all(promises)
        return sealed

    def release(self) -> None:
        self._sealed = None


class PlainBlob:
    """A plain file: its bytes as they are. The SHA-256 of each part is promised, so that two contents are never mixed in one file."""

    def __init__(self, blob_id: str, size: int, part_size: int, local: LocalFile) -> None:
        self.id = blob_id
        self.size = size
        self.part_size = part_size
        self._source = OpenFile(local)

    async def prepare(self, start: int, end: int, journal: Journal, line: Line) -> Prepared:
        most = KEPT_SEGMENTS * SEGMENT_BYTES
        room = _ROOMS.take(max(1, min(end - start, most)))
        try:
            digest = await self.digest(start, end, line, room)
            journal.promise(self.id, start // max(1, self.part_size), [digest])
        except BaseException:
            _ROOMS.give(room)
            raise
        return Prepared(lambda: self._body(start, end, memoryview(room)), lambda: _ROOMS.give(room))

    async def digest(self, start: int, end: int, line: Line, room: bytearray | None = None) -> bytes:
        """SHA-256 of a range, whose beginning stays in ``room``. Raises UsageError where the file changed since it was chosen."""
        read, spare = hashlib.sha256(), bytearray(SEGMENT_BYTES)
        kept = memoryview(b"" if room is None else room)
        self._source.require_unchanged()
        for at in range(start, end, SEGMENT_BYTES):
            stop = min(end, at + SEGMENT_BYTES)
            place = kept[at - start : stop - start]
            read.update(self._source.read(at, stop, place if len(place) == stop - at else spare))
            await line.turn()
        self._source.require_unchanged()
        return read.digest()

    def _body(self, start: int, end: int, room: memoryview) -> Iterator[memoryview]:
        yield from pieces(room[: end - start])
        if start + len(room) >= end:
            return
        spare = bytearray(SEGMENT_BYTES)
        self._source.require_unchanged()
        for at in range(start + len(room), end, SEGMENT_BYTES):
            yield self._source.read(at, min(end, at + SEGMENT_BYTES), spare)
        self._source.require_unchanged()

    def release(self) -> None:
        self._source.close()
