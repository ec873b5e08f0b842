"""Parts on their way: several at once, each with a fresh URL, each tried again until the store itself says it has it."""

import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import count, takewhile
from typing import Protocol

from fumibako.account import Account
from fumibako.answers import server_wrong
from fumibako.line import Line
from fumibako.pace import Pace
from fumibako.progress import Progress
from fumibako.retries import again
from fumibako.uploads.blobs import Blob
from fumibako.uploads.journal import Journal
from fumibako.uploads.part_urls import PartJob, PartUrls

# The next parts in order; none, where there are no more.
More = Callable[[], Awaitable[Sequence[PartJob]]]


class Stored(Protocol):
    """Called with each blob that is whole."""

    async def __call__(self, blob: Blob) -> None: ...


class PartQueue:
    """Parts in the order of the files. Whoever finds it empty fetches more, while the others send: so a transfer of many files is on its
    way before the server knows the last of them.
    """

    def __init__(self, line: Line, jobs: Sequence[PartJob], more: More) -> None:
        self.bytes = 0
        self.over = False
        self._more = more
        self._taking = line.lock()
        self._lock = threading.Lock()
        self._jobs: deque[PartJob] = deque()
        self._waiting: Counter[str] = Counter()
        self._add(jobs)

    def _add(self, jobs: Sequence[PartJob]) -> None:
        with self._lock:
            self._waiting.update(job.blob.id for job in jobs)
        self._jobs.extend(jobs)
        self.bytes += sum(job.end - job.start for job in jobs)

    async def take(self, stop: threading.Event) -> PartJob | None:
        """The next part; None behind the last, and where the others were stopped."""
        async with self._taking:
            while not (self._jobs or self.over or stop.is_set()):
                try:
                    jobs = await self._more()
                except BaseException:
                    self.over = True  # who waits here must not try it once more
                    raise
                self._add(jobs)
                self.over = not jobs
            return self._jobs.popleft() if self._jobs else None

    def sent(self, job: PartJob) -> bool:
        """A part is stored; whether it was the last of its blob."""
        with self._lock:
            self._waiting[job.blob.id] -= 1
            return self._waiting[job.blob.id] == 0


class PartSender:
    """Sends parts, as many at once as ``pace`` says; the first failure stops the others and is raised."""

    def __init__(self, account: Account, journal: Journal, urls: PartUrls, progress: Progress, pace: Pace) -> None:
        self._line = account.line
        self._journal = journal
        self._urls = urls
        self._progress = progress
        self._pace = pace
        self._stop = threading.Event()

    async def run(self, parts: PartQueue, stored: Stored) -> None:
        """Send all; ``stored(blob)`` is told when the last part of a blob is in. Raises the first ClientError."""

        async def work(_: int) -> None:
            job = await parts.take(self._stop)
            if job is None:
                return
            await self._send(job)
            if parts.sent(job):
                job.blob.release()
                await stored(job.blob)

        turns = takewhile(lambda _: not parts.over, count())
        await self._line.each(turns, work, width=self._pace.width, stop=self._stop)

    async def _send(self, job: PartJob) -> None:
        size = job.end - job.start
        prepared = await job.blob.prepare(job.start, job.end, self._journal, self._line)
        try:

            async def attempt(number: int) -> None:
                if number:
                    self._pace.lost()
                url = await self._urls.take(job)
                if url["size"] != size:
                    raise server_wrong("another plan of parts")
                await self._line.put(url, prepared.body, size, self._stop)

            await again(attempt, self._line.pause, stop=self._stop)
        finally:
            prepared.release()
        self._pace.add(size)
        self._progress.add(size)
