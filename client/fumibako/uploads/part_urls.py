"""Signed URLs of parts, just in time."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fumibako.account import Account
from fumibako.answers import server_wrong
from fumibako.uploads.blobs import Blob, part_ranges

URLS_A_CALL = 64
_MARGIN = 60.0


@dataclass(frozen=True)
class PartJob:
    """One part of one blob: bytes ``start`` to ``end`` of what is stored."""

    blob: Blob
    number: int
    start: int
    end: int


def jobs_of(blobs: Iterable[Blob], stored: dict[str, dict[int, int]]) -> list[PartJob]:
    """The parts the store does not hold yet, in order. ``stored``: blob -> part -> size as the store lists them."""
    jobs = []
    for blob in blobs:
        held = stored.get(blob.id, {})
        jobs += [PartJob(blob, n, a, b) for n, a, b in part_ranges(blob) if held.get(n) != b - a]
    return jobs


class PartUrls:
    """Those that came with create first, then by 64, asked anew a minute before they end."""

    def __init__(self, account: Account, transfer_id: str) -> None:
        self._account = account
        self._path = f"/transfers/v1/transfers/{transfer_id}/parts"
        self._jobs: list[PartJob] = []
        self._position: dict[tuple[str, int], int] = {}
        self._known: dict[tuple[str, int], dict[str, Any]] = {}
        self._given: set[tuple[str, int]] = set()
        self._lock = account.line.lock()

    def expect(self, jobs: Sequence[PartJob], given: Iterable[dict[str, Any]]) -> None:
        """Parts that will be asked for behind those before, and the URLs that are there already."""
        for job in jobs:
            self._position[(job.blob.id, job.number)] = len(self._jobs)
            self._jobs.append(job)
        self._known.update({(url["blob"], url["part"]): url for url in given})

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
