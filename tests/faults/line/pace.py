"""How fast and how far: a rate that all connections of the line share, and a delay that every byte takes."""

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Pace:
    """``rate`` in bytes a second each way (0: no limit), ``delay`` in seconds one way."""

    rate: float = 0.0
    delay: float = 0.0
    _free_at: dict[str, float] = field(default_factory=dict)

    async def take(self, way: str, size: int) -> None:
        """Wait for the turn of ``size`` bytes: the line is a queue that all connections stand in."""
        if not self.rate:
            return
        now = asyncio.get_running_loop().time()
        free = max(now, self._free_at.get(way, 0.0))
        self._free_at[way] = free + size / self.rate
        if self._free_at[way] > now:
            await asyncio.sleep(self._free_at[way] - now)


class Far:
    """The far end of one direction: what is written arrives after the delay, in order."""

    def __init__(self, writer: asyncio.StreamWriter, delay: float) -> None:
        self._writer = writer
        self._delay = delay
        self._under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._task = asyncio.create_task(self._arrive()) if delay else None

    async def write(self, data: bytes) -> None:
        """Send. Raises OSError where the other end is gone, if that is known yet."""
        if not data:
            return
        if self._task is None:
            self._writer.write(data)
            await self._writer.drain()
            return
        if self._task.done():
            raise ConnectionResetError
        self._under_way.put_nowait((asyncio.get_running_loop().time() + self._delay, data))

    async def flushed(self) -> None:
        """Wait until all of it arrived."""
        if self._task is not None and not self._task.done():
            waiting = asyncio.create_task(self._under_way.join())
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()

    def end(self) -> None:
        """What is still under way is lost."""
        if self._task is not None:
            self._task.cancel()

    async def _arrive(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = await self._under_way.get()
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                self._writer.write(data)
                await self._writer.drain()
                self._under_way.task_done()
