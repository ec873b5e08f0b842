"""Parts on their way: several at once, each with a fresh URL, each tried again until the store itself says it has it."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fumibako.account import Account
from fumibako.answers import server_wrong
from fumibako.pace import Pace
from fumibako.progress import Progress
from fumibako.retries import again
from fumibako.uploads.blobs import Blob, part_ranges
from fumibako.uploads.journal import Journal

URLS_A_CALL = 64
_MARGIN = 60.0


@dataclass(frozen=True)
class PartJob:
    """One part of one blob: bytes ``start`` to ``end`` of what is stored."""

    blob: Blob
    number: int
    start: int
    end: int


class PartUrls:
    """Signed URLs just in time: those that came with create first, then by 64, asked anew a minute before they end."""

    def __init__(
        self, account: Account, transfer_id: str, jobs: list[PartJob], given: Iterable[dict[str, Any]]
    ) -> None:
        self._account = account
        self._path = f"/transfers/v1/transfers/{transfer_id}/parts"
        self._jobs = jobs
        self._position = {(job.blob.id, job.number): index for index, job in enumerate(jobs)}
        self._known = {(url["blob"], url["part"]): url for url in given}
        self._given: set[tuple[str, int]] = set()
        self._lock = account.line.lock()

    async def take(self, job: PartJob) -> dict[str, Any]:
        """A URL that lives at least another minute; each is given out once."""
        async with self._lock:
            url = self._known.pop((job.blob.id, job.number), None)
            if url is None or _ends(url) < time.time() + _MARGIN:
                at = self._position[(job.blob.id, job.number)]
                # Of those behind it some may be sent already, and a blob that is complete takes no part any more.
                following = self._jobs[at + 1 : at + URLS_A_CALL]
                await self._ask([job, *(one for one in following if (one.blob.id, one.number) not in self._given)])
                url = self._known.pop((job.blob.id, job.number), None)
            if url is None:
                raise server_wrong("no address for a part")
            self._given.add((job.blob.id, job.number))
            return url

    async def _ask(self, jobs: list[PartJob]) -> None:
        wanted = [{"blob": job.blob.id, "part": job.number} for job in jobs]
        answer = await self._account.post(self._path, {"parts": wanted})
        self._known.update({(url["blob"], url["part"]): url for url in answer["uploads"]})


def _ends(url: dict[str, Any]) -> float:
    return datetime.fromisoformat(url["expires_at"]).timestamp()


def jobs_of(blobs: Iterable[Blob], stored: dict[str, dict[int, int]]) -> list[PartJob]:
    """The parts the store does not hold yet, in order. ``stored``: blob -> part -> size as the store lists them."""
    jobs = []
    for blob in blobs:
        held = stored.get(blob.id, {})
        jobs += [PartJob(blob, n, a, b) for n, a, b in part_ranges(blob) if held.get(n) != b - a]
    return jobs


class Stored(Protocol):
    """Called with each blob that is whole."""

    async def __call__(self, blob: Blob) -> None: ...


class PartSender:
    """Sends parts, as many at once as ``pace`` says; the first failure stops the others and is raised."""

    def __init__(self, account: Account, journal: Journal, urls: PartUrls, progress: Progress, pace: Pace) -> None:
        self._line = account.line
        self._journal = journal
        self._urls = urls
        self._progress = progress
        self._pace = pace
        self._stop = threading.Event()
        self._lock = threading.Lock()

    async def run(self, jobs: list[PartJob], stored: Stored) -> None:
        """Send all; ``stored(blob)`` is told when the last part of a blob is in. Raises the first ClientError."""
        waiting = Counter(job.blob.id for job in jobs)

        async def work(job: PartJob) -> None:
            await self._send(job)
            with self._lock:
                waiting[job.blob.id] -= 1
                whole = waiting[job.blob.id] == 0
            if whole:
                job.blob.release()
                await stored(job.blob)

        await self._line.each(jobs, work, width=self._pace.width, stop=self._stop)

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
