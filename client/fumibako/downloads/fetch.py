"""The ranges of one file from its signed URL to whoever keeps the plaintext."""

import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

import httpx

from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.segments import HeaderSink, Keeper, RangeSink, Segments, ranges_of
from fumibako.line import Line, Sink
from fumibako.pace import Pace
from fumibako.progress import Progress
from fumibako.retries import Retry, again
from fumibako_format.streaming import HEADER_BYTES

Renew = Callable[[], Awaitable[dict[str, Any]]]
_MARGIN = 30.0


class Holding(Keeper, Protocol):
    """A keeper that has some segments already."""

    def holds(self, index: int) -> bool:
        """Whether a segment is there."""
        ...


class FileFetch:
    """Fetches ranges of one file. ``renew`` gives a fresh entry when URLs have run out; ``stop`` ends it early."""

    def __init__(
        self, line: Line, file: RemoteFile, renew: Renew, progress: Progress, *, stop: threading.Event
    ) -> None:
        self._line = line
        self._renew = renew
        self._progress = progress
        self._entry = file.entry
        self._lock = line.lock()
        self._stop = stop
        self.segments = Segments(file)

    async def fill(self, keeper: Holding, progress: Progress, pace: Pace) -> None:
        """Bring what is not held yet. Raises as ``run`` does."""
        count = self.segments.count
        progress.add(sum(self.length(i, i + 1) for i in range(count) if keeper.holds(i)))
        ranges = ranges_of((i for i in range(count) if not keeper.holds(i)), count)
        first = next(ranges, None)
        if first is None:
            return
        following = next(ranges, None)
        if following is None and first[0] == 0:  # its header comes with it
            await self.range(*first, keeper)
            return
        await self.learn_header()
        await self.run(chain([first], [following] if following else [], ranges), keeper, pace)

    async def run(self, ranges: Iterable[tuple[int, int]], keeper: Keeper, pace: Pace) -> None:
        """Fetch all, several at once. Raises IntegrityFailed, Gone, NetworkFailed, Full; the rest stays for the next try."""

        async def one(wanted: tuple[int, int]) -> None:
            await self.range(*wanted, keeper)
            pace.add(self.length(*wanted))

        await self._line.each(ranges, one, width=pace.width, stop=self._stop)

    def length(self, first: int, end: int) -> int:
        """Bytes on the line of segments ``first`` to ``end`` (exclusive)."""
        return self.segments.place(end - 1)[1] - self.segments.place(first)[0]

    async def learn_header(self) -> None:
        """Fetch the 40 bytes that a sealed file begins with, where they are not known. Raises IntegrityFailed."""
        if self.segments.needs_header:
            sink = HeaderSink()
            start = self.segments.place(0)[0]

            def rest() -> tuple[int, int]:
                sink.filled = 0
                return start, start + HEADER_BYTES

            await self.bring(rest, sink, lambda: 0)
            self.segments.learn(sink.data)

    async def range(self, first: int, end: int, keeper: Keeper) -> None:
        """One range. After a cut it goes on with the segment that is not there yet."""
        if self.length(first, end) == 0:  # an empty plain file has no byte that a Range header could name
            keeper.write(first, memoryview(b""))
            return
        sink = RangeSink(self.segments, first, end, keeper)
        try:

            def rest() -> tuple[int, int]:
                sink.begin()
                return sink.bytes_left()

            await self.bring(rest, sink, lambda: sink.at)
        finally:
            sink.release()
        self._progress.add(self.length(first, end))

    async def bring(self, rest: Callable[[], tuple[int, int]], sink: Sink, reached: Callable[[], int]) -> None:
        """``rest()`` of the blob into a sink, again after a cut; ``reached()`` tells whether an attempt brought anything."""

        async def attempt(number: int) -> None:
            while True:
                entry, before = await self._fresh(number), reached()
                try:
                    await self._line.fetch(entry, *rest(), sink, self._stop)
                    return
                except (Retry, httpx.RequestError):
                    # A line that is cut now and then but brings something each time is no line that fails.
                    if reached() == before:
                        raise

        await again(attempt, self._line.pause, stop=self._stop)

    async def _fresh(self, number: int) -> dict[str, Any]:
        """An entry whose URL lives another half minute; after a second failed try a new one in any case."""
        async with self._lock:
            ends = datetime.fromisoformat(self._entry["expires_at"]).timestamp()
            if ends < time.time() + _MARGIN or number >= 2:
                self._entry = await self._renew()
            return self._entry
