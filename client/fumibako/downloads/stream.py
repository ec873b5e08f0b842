"""Fetching one file into a stream, in order: ranges come several at once, and each waits for its turn in memory."""

import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from fumibako.downloads.fetch import FileFetch
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.present import checksum_of
from fumibako.downloads.session import Session, Source
from fumibako.errors import IntegrityFailed, UsageError
from fumibako.line import Line
from fumibako.messages import text
from fumibako.pace import MOST, Pace
from fumibako.progress import Progress
from fumibako.results import Streamed
from fumibako_format.digest import segment_digest
from fumibako_format.streaming import SEGMENT_BYTES

Write = Callable[[memoryview], Awaitable[None]]
# Of each range in flight; with eight of them 64 MiB wait at most.
_SEGMENTS = 8


async def fetch_to_stream(
    source: Source, write: Write, progress: Progress, *, file: str | None = None, parallel: int = MOST
) -> Streamed:
    """Fetch ``file`` (an id; without it the only one). Nothing of a segment is written before its tag held.

    Raises UsageError("several_files"), IntegrityFailed, Gone, NetworkFailed, and what ``write`` raises. What was written before a failure
    is true but not the whole file.
    """
    ids = [file] if file else await source.list_ids()
    if len(ids) != 1:
        raise UsageError("several_files", text("several_files", count=len(ids)), text("several_files_hint"))
    session, [remote] = await source.open(ids)
    streaming = _Streaming(source, session, remote, write, progress)
    result = await streaming.run(Pace(parallel))
    await source.arrived(session, [remote])
    return result


class _Waiting:
    """The plaintext of one range, until those before it are written."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._room = bytearray(_SEGMENTS * SEGMENT_BYTES)
        self._spans: dict[int, tuple[int, int]] = {}

    def write(self, index: int, plaintext: memoryview) -> None:
        """One segment whose tag held."""
        at = (index - self._first) * SEGMENT_BYTES
        self._room[at : at + len(plaintext)] = plaintext
        self._spans[index] = (at, at + len(plaintext))

    def segments(self) -> Iterator[memoryview]:
        """In order."""
        for index in sorted(self._spans):
            yield memoryview(self._room)[slice(*self._spans[index])]


class _Streaming:
    def __init__(self, source: Source, session: Session, file: RemoteFile, write: Write, progress: Progress) -> None:
        self._line: Line = source.account.line
        self._file = file
        self._write = write
        self._stop = threading.Event()
        self._written = self._line.bell()
        self._next = 0
        self._digests, self._whole = hashlib.sha256(), hashlib.sha256()
        renew = partial(source.renew, session, file.id)
        self._fetch = FileFetch(self._line, file, renew, progress, stop=self._stop)

    async def run(self, pace: Pace) -> Streamed:
        """All of it, in order."""
        count = self._fetch.segments.count
        ranges = [(first, min(count, first + _SEGMENTS)) for first in range(0, count, _SEGMENTS)]
        if len(ranges) > 1:
            await self._fetch.learn_header()

        async def one(wanted: tuple[int, int]) -> None:
            await self._bring(*wanted)
            pace.add(self._fetch.length(*wanted))

        await self._line.each(ranges, one, width=pace.width, stop=self._stop)
        self._check()
        record = self._file.record
        return Streamed(self._file.id, record.name, record.size, self._whole.hexdigest())

    async def _bring(self, first: int, end: int) -> None:
        waiting = _Waiting(first)
        await self._fetch.range(first, end, waiting)
        await self._line.until(lambda: self._next == first, self._written, self._stop)
        for plaintext in waiting.segments():
            self._digests.update(segment_digest(plaintext))
            self._whole.update(plaintext)
            await self._write(plaintext)
        self._next = end
        self._written.ring()

    def _check(self) -> None:
        digest, checksum = self._file.record.digest, checksum_of(self._file)
        if (digest is not None and digest != self._digests.digest()) or (
            checksum is not None and checksum != self._whole.hexdigest()
        ):
            raise IntegrityFailed("digest_differs", text("digest_differs"), text("digest_differs_hint"))
