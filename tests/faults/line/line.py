"""The line itself: listens at the install's public address, passes on to where its runtime really listens."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self

import h11

from tests.faults.line.acts import PORTAL, Act, Exchange
from tests.faults.line.pace import Pace
from tests.faults.line.relay import Relay

# What the kernel holds for a reader that is slow would otherwise hide how much of a body was sent in vain.
_RECEIVE_BUFFER = 128 << 10


class Weather(Protocol):
    """Decides what happens. Called from the line's own thread."""

    def begins(self, exchange: Exchange) -> Act | None:
        """What happens to this exchange."""

    def connects(self) -> bool:
        """Whether a new connection is taken at all."""


class Fair:
    """Nothing happens."""

    def begins(self, exchange: Exchange) -> Act | None:
        return None

    def connects(self) -> bool:
        return True


@dataclass
class Line:
    """``with Line(port, target) as line``. ``life`` ends every connection after so many seconds; ``part_size`` is what uploads are made to ask for."""

    port: int
    target: int
    pace: Pace = field(default_factory=Pace)
    weather: Weather = field(default_factory=Fair)
    life: float = 0.0
    part_size: int = 0
    promise: Callable[[Exchange], None] = lambda exchange: None
    portal: bool = False
    exchanges: list[Exchange] = field(default_factory=list)
    connections: int = 0
    _open: set["asyncio.Task[None]"] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", self.port), backlog=128)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening, started)), daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def cut_all(self) -> None:
        """Every connection that is open ends now."""
        self._loop.call_soon_threadsafe(self._cut_all)

    def passed(self, method: str) -> list[Exchange]:
        """The exchanges with the byte path so far."""
        with self._lock:
            return [one for one in self.exchanges if one.is_bytes and one.method == method]

    def forget(self) -> None:
        """Count from here."""
        with self._lock:
            self.exchanges, self.connections = [], 0

    def begun(self, request: h11.Request) -> tuple[Exchange, Act | None]:
        """Note a request and say what happens to it."""
        headers = dict(request.headers)
        length = int(headers.get(b"content-length", b"0")) or _range_length(headers.get(b"range", b""))
        with self._lock:
            exchange = Exchange(len(self.exchanges), request.method.decode(), request.target.decode(), length)
            self.exchanges.append(exchange)
        return exchange, PORTAL if self.portal else self.weather.begins(exchange)

    def change(self, exchange: Exchange) -> Callable[[bytes], bytes] | None:
        """What is done to a request's body on its way, if anything."""
        creates = exchange.method == "POST" and exchange.path == "/transfers/v1/transfers"
        return smaller_parts(self.part_size) if self.part_size and creates else None

    def promised(self, exchange: Exchange) -> None:
        """The server has answered; the client is about to hear it."""
        self.promise(exchange)

    def ended(self, exchange: Exchange) -> None:
        """The exchange is over, one way or another. Only its figures are kept."""
        exchange.answer = b""

    async def _serve(self, listening: socket.socket, started: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._taken, sock=listening, limit=64 << 10)
        started.set()
        await self._over.wait()
        server.close()
        self._cut_all()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not self.weather.connects():
            writer.transport.abort()
            return
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a connection is taken in a task")
        self._open.add(task)
        timer = self._loop.call_later(self.life, task.cancel) if self.life else None
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await Relay(self, reader, writer).run()
        finally:
            self._open.discard(task)
            if timer is not None:
                timer.cancel()

    def _cut_all(self) -> None:
        for task in list(self._open):
            task.cancel()


def _range_length(value: bytes) -> int:
    """Bytes of the answer that a Range header asks for; 0 where there is none."""
    first, _, last = value.removeprefix(b"bytes=").partition(b"-")
    return int(last) - int(first) + 1 if first and last else 0


def smaller_parts(size: int) -> Callable[[bytes], bytes]:
    """A client asks for parts by what it knows of its line; here it is made to ask for small ones, so that a small file has many."""

    def change(body: bytes) -> bytes:
        wanted = json.loads(body)
        for one in wanted["files"]:
            if (one.get("size") or 0) > size:
                one.setdefault("part_size", size)
        return json.dumps(wanted).encode()

    return change
