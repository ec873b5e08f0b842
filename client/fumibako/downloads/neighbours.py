"""Small files that lie side by side in a pack: one range brings several, each is opened by itself."""

from collections.abc import Callable, Iterator, Sequence

from fumibako.downloads.keys import RemoteFile
from fumibako.errors import IntegrityFailed
from fumibako.rooms import Rooms
from fumibako_format.errors import FormatError
from fumibako_format.streaming import FIRST_PLAINTEXT, HEADER_BYTES, SEGMENT_BYTES, Header, Opener

# Of one range. It is held in memory once for each range in flight.
RUN_BYTES = 2 << 20
_ROOMS = Rooms()
Taken = Callable[[RemoteFile, memoryview], None]


def may_join(file: RemoteFile) -> bool:
    """Whether a file is sealed and one segment."""
    return file.key is not None and file.record.size <= FIRST_PLAINTEXT


def _span(file: RemoteFile) -> tuple[int, int]:
    """Where its one segment lies in the blob."""
    start = int(file.entry["offset"])
    return start, start + int(file.entry["length"])


def runs_of(files: Sequence[RemoteFile]) -> Iterator[range]:
    """Places in ``files`` of neighbours: each is read by the same URL where the one before it ends, and together they fit one range."""
    first = 0
    for at in range(1, len(files) + 1):
        if at == len(files) or not _goes_on(files[first], files[at - 1], files[at]):
            yield range(first, at)
            first = at


def _goes_on(first: RemoteFile, before: RemoteFile, file: RemoteFile) -> bool:
    if file.entry["url"] != before.entry["url"]:
        return False
    start, end = _span(file)
    return start == _span(before)[1] and end - _span(first)[0] <= RUN_BYTES


def _opened(file: RemoteFile, data: memoryview, room: memoryview) -> memoryview:
    """The plaintext of a whole file of one segment, in ``room``. Raises IntegrityFailed."""
    try:
        opener = Opener(file.key or b"", file.aad, Header.parse(data[:HEADER_BYTES]))
        return room[: opener.open_into(0, data[HEADER_BYTES:], room, last=True)]
    except FormatError as error:
        raise IntegrityFailed(error.code, error.message, error.hint) from error


class RunSink:
    """The files of a run on their way to ``taken``. ``at``: how many are opened and taken."""

    def __init__(self, files: Sequence[RemoteFile], taken: Taken) -> None:
        self.at = 0
        self._files = files
        self._places = [_span(file) for file in files]
        self._taken = taken
        self._sealed, self._plain = _ROOMS.take(RUN_BYTES), _ROOMS.take(SEGMENT_BYTES)
        self._views = memoryview(self._sealed), memoryview(self._plain)
        self._start = self._filled = 0

    def bytes_left(self) -> tuple[int, int]:
        """Where in the blob the rest lies. What is not whole is asked for again."""
        self._start, self._filled = self._places[self.at][0], 0
        return self._start, self._places[-1][1]

    def space(self) -> memoryview:
        """The rest of the range."""
        return self._views[0][self._filled : self._places[-1][1] - self._start]

    def advance(self, count: int) -> None:
        """So many bytes more. Raises IntegrityFailed, Full, UsageError."""
        self._filled += count
        while self.at < len(self._files) and self._places[self.at][1] - self._start <= self._filled:
            start, end = self._places[self.at]
            data = self._views[0][start - self._start : end - self._start]
            self._taken(self._files[self.at], _opened(self._files[self.at], data, self._views[1]))
            self.at += 1

    def release(self) -> None:
        """Give the buffers back."""
        _ROOMS.give(self._sealed, self._plain)
