"""Parts on their way: several at once, each with a fresh URL, each tried again until the store itself says it has it."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fumibako.errors import NetworkFailed
from fumibako.http import Api, put_part
from fumibako.messages import text
from fumibako.progress import Progress
from fumibako.retries import with_retries
from fumibako.threads import in_parallel
from fumibako.transport import server_wrong
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

    def __init__(self, api: Api, transfer_id: str, jobs: list[PartJob], given: Iterable[dict[str, Any]]) -> None:
        self._api = api
        self._path = f"/transfers/v1/transfers/{transfer_id}/parts"
        self._jobs = jobs
        self._position = {(job.blob.id, job.number): index for index, job in enumerate(jobs)}
        self._known = {(url["blob"], url["part"]): url for url in given}
        self._lock = threading.Lock()

    def take(self, job: PartJob) -> dict[str, Any]:
        """A URL that lives at least another minute; each is given out once."""
        with self._lock:
            url = self._known.pop((job.blob.id, job.number), None)
            if url is None or _ends(url) < time.time() + _MARGIN:
                at = self._position[(job.blob.id, job.number)]
                self._ask(self._jobs[at : at + URLS_A_CALL])
                url = self._known.pop((job.blob.id, job.number), None)
            if url is None:
                raise server_wrong("no address for a part")
            return url

    def _ask(self, jobs: list[PartJob]) -> None:
        wanted = [{"blob": job.blob.id, "part": job.number} for job in jobs]
        answer = self._api.post(self._path, {"parts": wanted})
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

    def __call__(self, blob: Blob) -> None: ...


class PartSender:
    """Runs part jobs on a few threads; the first failure stops the others and is raised."""

    def __init__(self, api: Api, journal: Journal, urls: PartUrls, progress: Progress, *, parallel: int) -> None:
        self._api = api
        self._journal = journal
        self._urls = urls
        self._progress = progress
        self._parallel = parallel
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def run(self, jobs: list[PartJob], stored: Stored) -> None:
        """Send all; ``stored(blob)`` is told when the last part of a blob is in. Raises the first ClientError."""
        waiting = Counter(job.blob.id for job in jobs)

        def work(job: PartJob) -> None:
            self._send(job)
            with self._lock:
                waiting[job.blob.id] -= 1
                whole = waiting[job.blob.id] == 0
            if whole:
                job.blob.release()
                stored(job.blob)

        in_parallel(jobs, work, parallel=min(self._parallel, len(jobs)), stop=self._stop, name="part")

    def _send(self, job: PartJob) -> None:
        body = job.blob.prepare(job.start, job.end, self._journal)

        def attempt(_: int) -> None:
            url = self._urls.take(job)
            if url["size"] != job.end - job.start:
                raise server_wrong("another plan of parts")
            put_part(self._api.pool, url, self._until_stopped(body()), job.end - job.start)

        with_retries(attempt, stop=self._stop)
        self._progress.add(job.end - job.start)

    def _until_stopped(self, body: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in body:
            if self._stop.is_set():
                raise NetworkFailed("stopped", text("stopped"))
            yield chunk
