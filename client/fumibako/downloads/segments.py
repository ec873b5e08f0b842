"""From the bytes of a range to plaintext: where segments lie in a blob, and a sink that opens each as soon as it is whole."""

from collections.abc import Iterator
from typing import Any, Protocol

from fumibako.downloads.keys import RemoteFile
from fumibako.errors import IntegrityFailed
from fumibako.rooms import Rooms
from fumibako_format.errors import FormatError
from fumibako_format.streaming import (
    HEADER_BYTES,
    SEGMENT_BYTES,
    Header,
    Opener,
    segment_ciphertext_range,
    segment_count,
    segment_plaintext_range,
)

# A range is this many segments at least, and at most so many: few requests, and all in flight have work to the end.
LEAST_SEGMENTS, MOST_SEGMENTS = 8, 32
_SHARES = 8
_ROOMS = Rooms()


class Keeper(Protocol):
    """Takes plaintext whose tag held."""

    def write(self, index: int, plaintext: memoryview) -> None:
        """One segment; the buffer is used again afterwards."""
        ...


class Segments:
    """The segments of one file in its blob, and what opens them. A plain file is cut the same way, without header and tags."""

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self._offset = int(file.entry["offset"])
        self._opener: Opener | None = None
        self.count = segment_count(file.record.size)

    @property
    def needs_header(self) -> bool:
        """Whether nothing but segment 0 can be opened yet."""
        return self._file.key is not None and self._opener is None

    def place(self, index: int) -> tuple[int, int]:
        """Where segment ``index`` lies in the blob."""
        sealed = self._file.key is not None
        start, end = (segment_ciphertext_range if sealed else segment_plaintext_range)(index, self._file.record.size)
        return self._offset + start, self._offset + end

    def learn(self, header: memoryview | bytes | bytearray) -> None:
        """The 40 bytes that the file begins with. Raises IntegrityFailed."""
        try:
            self._opener = Opener(self._file.key or b"", self._file.aad, Header.parse(header))
        except FormatError as error:
            raise IntegrityFailed(error.code, error.message, error.hint) from error

    def open(self, index: int, data: memoryview, room: memoryview) -> memoryview:
        """The plaintext of a segment, in ``room`` or where it was. Raises IntegrityFailed."""
        if self._file.key is None:
            return data
        if index == 0:
            if self._opener is None:
                self.learn(data[:HEADER_BYTES])
            data = data[HEADER_BYTES:]
        if self._opener is None:
            raise AssertionError("a sealed file is never read without its header")
        try:
            return room[: self._opener.open_into(index, data, room, last=index == self.count - 1)]
        except FormatError as error:
            raise IntegrityFailed(error.code, error.message, error.hint) from error


def ranges_of(missing: Iterator[int], count: int) -> Iterator[tuple[int, int]]:
    """First and end segment of each range: neighbours together, a share of the file at once."""
    most = min(MOST_SEGMENTS, max(LEAST_SEGMENTS, count // _SHARES))
    first: int | None = None
    end = 0
    for index in missing:
        if first is not None and (index != end or end - first == most):
            yield first, end
            first = None
        if first is None:
            first = index
        end = index + 1
    if first is not None:
        yield first, end


class RangeSink:
    """Segments ``first`` to ``end`` (exclusive) on their way to a keeper. ``at``: the next one that is wanted."""

    def __init__(self, segments: Segments, first: int, end: int, keeper: Keeper) -> None:
        self.at = first
        self.end = end
        self._segments = segments
        self._keeper = keeper
        self._sealed, self._plain = _ROOMS.take(SEGMENT_BYTES), _ROOMS.take(SEGMENT_BYTES)
        self._views = memoryview(self._sealed), memoryview(self._plain)
        self.begin()

    def begin(self) -> None:
        """Forget what is not whole: another attempt begins with the segment that is wanted."""
        self._filled = 0
        if self.at < self.end:
            start, stop = self._segments.place(self.at)
            self._length = stop - start

    def bytes_left(self) -> tuple[int, int]:
        """Where in the blob the rest lies."""
        return self._segments.place(self.at)[0], self._segments.place(self.end - 1)[1]

    def space(self) -> memoryview:
        """The rest of the segment."""
        return self._views[0][self._filled : self._length]

    def advance(self, count: int) -> None:
        """So many bytes more. Raises IntegrityFailed, Full."""
        self._filled += count
        if self._filled == self._length:
            self._keeper.write(self.at, self._segments.open(self.at, self._views[0][: self._length], self._views[1]))
            self.at += 1
            self.begin()

    def release(self) -> None:
        """Give the buffers back."""
        _ROOMS.give(self._sealed, self._plain)


class HeaderSink:
    """The first 40 bytes of a file."""

    def __init__(self) -> None:
        self.data = bytearray(HEADER_BYTES)
        self.filled = 0

    def space(self) -> memoryview:
        """The rest of it."""
        return memoryview(self.data)[self.filled :]

    def advance(self, count: int) -> None:
        """So many bytes more."""
        self.filled += count


Entry = dict[str, Any]
