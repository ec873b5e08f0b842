"""The asynchronous door starts no thread, and lets others have their turn."""

import asyncio
import hashlib
import os
import threading
import time
from pathlib import Path

import pytest
from fumibako import AsyncFumibako

from tests.e2e.support.company import Company, company, someone

__all__ = ["company"]
pytestmark = pytest.mark.slow
SIZE = 64 << 20
# Meant to be about 20 ms. Other tests run beside this one, on the same cores and the same disk.
LONGEST_TURN = 0.5


class Watch:
    """A task that wants its turn every 2 ms, and counts the threads when it has it."""

    def __init__(self) -> None:
        self.most_threads = 0
        self.turns: list[float] = []

    async def run(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.002)
            self.turns.append(time.monotonic() - before)
            self.most_threads = max(self.most_threads, threading.active_count())


def test_no_thread_and_no_long_turn(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path / "home"))
    (tmp_path / "f").write_bytes(content := os.urandom(SIZE))

    async def story(watch: Watch) -> None:
        watching = asyncio.create_task(watch.run())
        async with AsyncFumibako(company.url, company.token) as me:
            sent = await me.send(tmp_path / "f", to=[someone()], hold_minutes=0)
            await me.wait(sent.id, seconds=60)
            [file] = await me.get(sent.id, tmp_path / "in", sha256=True)
        watching.cancel()
        assert file.sha256 == hashlib.sha256(content).hexdigest()

    before, watch = threading.active_count(), Watch()
    asyncio.run(story(watch))
    assert watch.most_threads == before
    assert len(watch.turns) > 100
    assert sorted(watch.turns)[len(watch.turns) // 2] < 0.05
    assert max(watch.turns) < LONGEST_TURN


def test_two_sends_at_once_over_one_door(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path / "home"))
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(os.urandom(5 << 20))

    async def story() -> None:
        async with AsyncFumibako(company.url, company.token) as me:
            first, second = await asyncio.gather(
                me.send(tmp_path / "a", to=[someone()]), me.send(tmp_path / "b", to=[someone()])
            )
            assert first.id != second.id

    asyncio.run(story())


def test_a_send_that_is_cancelled_goes_on_later(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path / "home"))
    (tmp_path / "f").write_bytes(os.urandom(SIZE))
    to = someone()

    class Enough:
        def add(self, count: int) -> None:
            if count > 1 << 20:
                task.cancel()

    async def story() -> None:
        nonlocal task
        async with AsyncFumibako(company.url, company.token) as me:
            task = asyncio.create_task(me.send(tmp_path / "f", to=[to], progress=Enough()))
            with pytest.raises(asyncio.CancelledError):
                await task
            sent = await me.send(tmp_path / "f", to=[to])
            assert sent.resumed
            assert 0 < sent.sent_bytes < SIZE

    task: asyncio.Task[object]
    asyncio.run(story())
