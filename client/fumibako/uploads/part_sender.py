"""Parts on their way: several at once, each with a fresh URL, each tried again until the store itself says it has it."""

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fumibako.errors import ClientError
from fumibako.http import Api, put_part, with_retries
from fumibako.progress import Progress
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
                url = self._known.pop((job.blob.id, job.number))
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


class PartSender:
    """Runs part jobs on a few threads; the first failure stops the others and is raised."""

    def __init__(self, api: Api, journal: Journal, urls: PartUrls, progress: Progress, *, parallel: int) -> None:
        self._api = api
        self._journal = journal
        self._urls = urls
        self._progress = progress
        self._parallel = parallel
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._lock = threading.Lock()

    def run(self, jobs: list[PartJob], stored: "Stored") -> None:
        """Send all; ``stored(blob)`` is told when the last part of a blob is in. Raises the first ClientError."""
        queue = iter(jobs)
        waiting: dict[str, int] = {}
        for job in jobs:
            waiting[job.blob.id] = waiting.get(job.blob.id, 0) + 1
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="part") as pool:
            workers = [pool.submit(self._work, queue, waiting, stored) for _ in range(min(self._parallel, len(jobs)))]
            try:
                for worker in workers:
                    worker.result()
            except KeyboardInterrupt:
                self._stop.set()
                raise
        if self._failure is not None:
            raise self._failure

    def _work(self, queue: Iterator[PartJob], waiting: dict[str, int], stored: "Stored") -> None:
        while not self._stop.is_set():
            with self._lock:
                job = next(queue, None)
            if job is None:
                return
            try:
                self._send(job)
                with self._lock:
                    waiting[job.blob.id] -= 1
                    whole = waiting[job.blob.id] == 0
                if whole:
                    job.blob.release()
                    stored(job.blob)
            except BaseException as error:  # noqa: BLE001  # carried to the caller's thread, whatever it is
                with self._lock:
                    self._failure = self._failure or error
                self._stop.set()

    def _send(self, job: PartJob) -> None:
        body = job.blob.prepare(job.start, job.end, self._journal)

        def attempt(_: int) -> None:
            url = self._urls.take(job)
            if url["size"] != job.end - job.start:
                raise ClientError("server_wrong", "The server's plan of parts differs from the file's.")
            put_part(self._api.pool, url, body(), job.end - job.start)

        with_retries(attempt, stop=self._stop)
        self._progress.add(job.end - job.start)


class Stored:
    """Called with each blob that is whole."""

    def __call__(self, blob: Blob) -> None: ...
