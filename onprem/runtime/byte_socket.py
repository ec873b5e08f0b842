"""A connection's socket, lent to the byte path: while a large body moves, the bytes go between kernel and file and no server stands between.

What uvicorn and httptools do to a body costs four copies and as many wake-ups for each 64 kB (docs/decisions/0010-byte-path.md). So the
head of a request is read by them, and then the socket is lent::

    HTTPConnection --- head ---> app --- lend_for_body ---> threads: recv, checksum, write ---> body_ended ---> next head
                                     --- lend_for_answer -> threads: sendfile ----------------> answer_ended

A connection under TLS is not lent; its bytes go by ASGI messages as before. What is lent is a duplicate of the descriptor, so that the
event loop can wait for it beside the transport that owns the original. Every call into the socket is non-blocking and made in a thread,
because the disk at its other end may block.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

from onprem.runtime.asgi_messages import Disconnected, Scope

# The key in scope["extensions"] under which a connection offers its SocketLender.
SOCKET: Final = "fumibako.socket"
# Below this a body comes with its head or soon after, and lending would cost more than it saves.
LEND_FROM: Final = 256 * 1024
# Half of a core's second-level cache: what was received is still there when it is summed up and written. Larger ones cost more system time.
BUFFER: Final = 512 * 1024
# What one thread moves before the others, the gate and the deadlines have their turn.
TURN: Final = 16 * 1024**2
# Wake up for this many bytes (SO_RCVLOWAT, tcp(7)), not for each packet; at most half a receive buffer.
WAKE_BYTES: Final = 512 * 1024

_Result = TypeVar("_Result")


class _Own(threading.local):
    """A receive buffer for each thread, not for each connection: it is empty again when the thread's turn ends."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(BUFFER))


_own: Final = _Own()


class LentSocket:
    """Built in the event loop. ``receive`` and sendfile run in threads, one at a time; close it when none runs."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.settimeout(0)
        self._loop = asyncio.get_running_loop()
        self._wakes_at = 1

    def fileno(self) -> int:
        """For sendfile."""
        return self._socket.fileno()

    def receive(self, write: Callable[[memoryview], None], most: int) -> int:
        """Hand over what is there, up to ``most`` bytes; 0 where nothing is. Raises Disconnected, and what ``write`` raises."""
        taken = 0
        while taken < most:
            try:
                count = self._socket.recv_into(_own.buffer, min(BUFFER, most - taken))
            except BlockingIOError:
                break
            except OSError as error:
                raise Disconnected from error
            if not count:
                raise Disconnected
            write(_own.buffer[:count])
            taken += count
        return taken

    async def readable(self, deadline: float, *, want: int) -> None:
        """Return when ``want`` bytes or some hundred thousand are there, the client has gone, or at ``deadline`` (the loop's clock)."""
        wakes_at = min(want, WAKE_BYTES)
        if wakes_at != self._wakes_at:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wakes_at)
            self._wakes_at = wakes_at
        await self._ready(self._loop.add_reader, self._loop.remove_reader, deadline)

    async def writable(self, deadline: float) -> bool:
        """Whether there was room, or an error to be seen, before ``deadline`` (the loop's clock)."""
        return await self._ready(self._loop.add_writer, self._loop.remove_writer, deadline)

    def cut(self) -> None:
        """End the connection; whoever waits wakes up and finds it ended."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back as it was."""
        if self._wakes_at != 1:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        self._socket.close()

    async def _ready(self, add: Callable[..., Any], remove: Callable[[int], Any], deadline: float) -> bool:
        ready: asyncio.Future[None] = self._loop.create_future()
        add(self._socket.fileno(), _wake, ready)
        try:
            async with asyncio.timeout_at(deadline):
                await ready
        except TimeoutError:
            return False
        finally:
            remove(self._socket.fileno())
        return True


class SocketLender(Protocol):
    """What a connection offers to the app that answers one of its requests."""

    @property
    def stall_seconds(self) -> float:
        """How long a client may take no byte."""
        ...

    def lend_for_body(self) -> tuple[LentSocket, bytes] | None:
        """The socket, and the bytes of the body that were read already. None where it can't be lent or all of the body is here."""
        ...

    def take_back(self) -> None:
        """Close what was lent. Repeating it is no error."""
        ...

    def body_ended(self) -> None:
        """The whole body was taken and the socket given back; the next request may come."""
        ...

    async def lend_for_answer(self) -> LentSocket | None:
        """The socket once the answer's head has left. None where it can't be lent. Raises Disconnected."""
        ...

    def answer_ended(self, sent: int) -> None:
        """``sent`` bytes of the body went through the lent socket, which was given back."""
        ...


def lender_of(scope: Scope) -> SocketLender | None:
    """The connection, where it can lend its socket at all."""
    lender: SocketLender | None = scope.get("extensions", {}).get(SOCKET, {}).get("lender")
    return lender


async def finished(work: "asyncio.Future[_Result]") -> _Result:
    """The result of a thread's work. A cancelled caller still waits: the thread holds descriptors that the caller is about to close."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        if not work.done():
            await asyncio.wait([work])
        raise


def _wake(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
