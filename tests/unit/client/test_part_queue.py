"""Parts of files that are announced while the first are sent."""

import asyncio
import threading
from pathlib import Path

import pytest
from fumibako.asynchronous import AsyncLine
from fumibako.blocking import open_pool
from fumibako.driving import run
from fumibako.errors import NetworkFailed
from fumibako.line import Line
from fumibako.threads import in_parallel
from fumibako.uploads.blobs import PlainBlob
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.part_sender import PartQueue
from fumibako.uploads.part_urls import PartJob


def jobs(blob: str, count: int) -> list[PartJob]:
    made = PlainBlob(blob, count, 1, LocalFile(Path("x"), "x", count, 0, ""))
    return [PartJob(made, n, n - 1, n) for n in range(1, count + 1)]


class Announcing:
    """Gives one batch after another, one call at a time."""

    def __init__(self, *batches: list[PartJob]) -> None:
        self.left = list(batches)
        self.calls = 0
        self.inside = 0

    async def __call__(self) -> list[PartJob]:
        self.calls += 1
        self.inside += 1
        assert self.inside == 1
        found = self.left.pop(0) if self.left else []
        self.inside -= 1
        return found


def taken(parts: PartQueue, stop: threading.Event) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []

    def work(_: int) -> None:
        while (job := run(parts.take(stop))) is not None:
            found.append((job.blob.id, job.number))

    in_parallel(range(4), work, parallel=4, stop=stop, name="test")
    return found


def test_all_parts_come_once_and_more_are_announced_when_they_are_needed() -> None:
    line: Line = open_pool().line
    more = Announcing(jobs("b", 3), jobs("c", 2))
    parts = PartQueue(line, jobs("a", 2), more)
    assert more.calls == 0
    assert run(parts.take(threading.Event())) is not None
    assert more.calls == 0
    found = taken(parts, threading.Event())
    assert sorted(found) == [("a", 2), ("b", 1), ("b", 2), ("b", 3), ("c", 1), ("c", 2)]
    assert (parts.over, parts.bytes, more.calls) == (True, 7, 3)


def test_the_last_part_of_a_blob_is_known() -> None:
    first, second = jobs("a", 2)
    parts = PartQueue(open_pool().line, [first, second], Announcing())
    assert [parts.sent(second), parts.sent(first)] == [False, True]


def test_a_failure_while_announcing_stops_the_others() -> None:
    calls: list[int] = []

    async def more() -> list[PartJob]:
        calls.append(1)
        raise NetworkFailed("network", "", "")

    parts = PartQueue(open_pool().line, [], more)
    with pytest.raises(NetworkFailed):
        taken(parts, threading.Event())
    assert len(calls) == 1


def test_tasks_take_turns_too() -> None:
    async def story() -> list[str]:
        line = AsyncLine()
        parts = PartQueue(line, jobs("a", 1), Announcing(jobs("b", 2)))
        stop = threading.Event()
        found = await asyncio.gather(*(parts.take(stop) for _ in range(4)))
        await line.close()
        return sorted(job.blob.id for job in found if job is not None)

    assert asyncio.run(story()) == ["a", "b", "b"]
