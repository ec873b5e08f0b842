"""The body of a PUT on its way into a sink: from the lent socket where there is one, else from ASGI messages.

Either way a thread writes what has come while more arrives, the gate is asked every few seconds, and two deadlines hold: one for the next
byte, one for the whole.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from chalicelib.domain.errors import Refused
from chalicelib.ports.byte_path import PartSink
from onprem.runtime.asgi_messages import Disconnected, Message, Receive, received
from onprem.runtime.byte_socket import TURN, LentSocket, SocketLender, finished
from onprem.runtime.byte_watch import OpenStill
from onprem.runtime.host import Host

BUFFER: Final = 1024**2
# A part whose bytes stop for this long, or come more slowly than this (bytes a second) as a whole, is given up; its client sends it again.
IDLE_SECONDS: Final = 60.0
SLOWEST: Final = 8 * 1024
_Result = TypeVar("_Result")


@dataclass
class Receiving:
    """One part of ``size`` bytes. ``idle_seconds``: how long no byte may come."""

    host: Host
    still: OpenStill
    sink: PartSink
    size: int
    idle_seconds: float

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + IDLE_SECONDS + self.size / SLOWEST
        self._until = self._next_deadline()

    async def from_socket(self, lender: SocketLender) -> bool:
        """The whole body; False where the socket can't be lent and nothing was taken. Raises Disconnected, Refused."""
        lent = lender.lend_for_body()
        if lent is None:
            return False
        lent_socket, first = lent
        try:
            if first:
                await self._run(partial(self.sink.write, first))
            await self._drain(lent_socket, self.size - len(first))
        finally:
            lender.take_back()
        lender.body_ended()
        return True

    async def _drain(self, lent: LentSocket, left: int) -> None:
        while left:
            await self.still.check()
            turn = min(left, TURN)
            moved = await self._run(partial(lent.receive, self.sink.write, turn))
            left -= moved
            now = self._loop.time()
            if now >= (self._deadline if moved else self._until):
                raise Refused("body_slow", "The body did not arrive in time.")
            if moved:
                self._until = self._next_deadline()
            if left and moved < turn:
                # Also without a wake-up: less than the socket wakes for may have come, and that counts as movement.
                await lent.readable(min(self._until, now + self.still.every), want=left)

    async def from_messages(self, receive: Receive) -> None:
        """The whole body: one batch is being written while the next is received. Raises Disconnected, Refused."""
        writing: asyncio.Future[None] | None = None
        batch: list[bytes] = []
        gathered = 0
        more = True
        try:
            while more:
                message = await self._next(receive)
                more = message.get("more_body", False)
                batch.append(message.get("body", b""))
                gathered += len(batch[-1])
                if gathered >= BUFFER or not more:
                    if writing is not None:
                        await writing
                    writing = self._loop.run_in_executor(self.host.bytes, _write_all, self.sink, batch)
                    batch, gathered = [], 0
            if writing is not None:
                await writing
        finally:
            # Also when the body broke off: the sink must not be closed under a thread that writes.
            if writing is not None and not writing.done():
                with suppress(OSError, Refused):
                    await finished(writing)

    async def _next(self, receive: Receive) -> Message:
        """The next message of the body. Raises Refused("body_slow"), Disconnected, or what the gate raises."""
        self._until = self._next_deadline()
        while True:
            await self.still.check()
            try:
                message = await received(receive, min(self._until, self._loop.time() + self.still.every))
            except Refused:
                if self._loop.time() >= self._until:
                    raise
                continue
            if message["type"] == "http.disconnect":
                raise Disconnected
            return message

    def _next_deadline(self) -> float:
        return min(self._deadline, self._loop.time() + self.idle_seconds)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        return await finished(self._loop.run_in_executor(self.host.bytes, work))


def _write_all(sink: PartSink, batch: list[bytes]) -> None:
    for chunk in batch:
        if chunk:
            sink.write(chunk)
