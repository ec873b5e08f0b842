"""The body of a GET: by sendfile through the lent socket where there is one, else as ASGI messages."""

import asyncio
from functools import partial
from typing import Final, Protocol

from onprem.runtime.asgi_messages import Disconnected, Receive, Scope, Send, abort
from onprem.runtime.byte_socket import TURN, LentSocket, SocketLender, finished
from onprem.runtime.byte_watch import OpenStill, Watch
from onprem.runtime.host import Host

BUFFER: Final = 1024**2


class Reader(Protocol):
    """Bytes of files (SliceReader) or of what a generator opens (PieceReader)."""

    @property
    def ended(self) -> bool: ...
    def send(self, connection: int, most: int) -> int: ...
    def at_once(self, size: int) -> bytes | memoryview | None: ...
    def read(self, size: int) -> bytes: ...
    def close(self) -> None: ...


class Sending:
    """What ``reader`` has, to the client of ``scope``, after the head went to ``send``. The reader is closed at the end."""

    def __init__(self, host: Host, reader: Reader, still: OpenStill, scope: Scope) -> None:
        self._host = host
        self._reader = reader
        self._still = still
        self._scope = scope
        self._loop = asyncio.get_running_loop()

    async def run(self, lender: SocketLender | None, send: Send, receive: Receive) -> None:
        """Send everything. Raises Disconnected where client or transfer have gone, StoreAway where the files have."""
        watch = Watch(self._still, self._scope, receive)
        try:
            lent = None if lender is None else await lender.lend_for_answer()
            if lent is None or lender is None:
                await self._by_messages(send, watch)
            else:
                lender.answer_ended(await self._by_socket(lent, watch, lender))
        finally:
            watch.close()
            self._reader.close()

    async def _by_socket(self, lent: LentSocket, watch: Watch, lender: SocketLender) -> int:
        sent = 0
        try:
            while not self._reader.ended:
                watch.check()
                work = self._loop.run_in_executor(self._host.bytes, partial(self._reader.send, lent.fileno(), TURN))
                moved = await finished(work)
                sent += moved
                self._host.metrics.bytes_out.inc(moved)
                room = (
                    moved >= TURN or self._reader.ended or await lent.writable(self._loop.time() + lender.stall_seconds)
                )
                if not room:
                    abort(self._scope)
                    raise Disconnected
        finally:
            lender.take_back()
        return sent

    async def _by_messages(self, send: Send, watch: Watch) -> None:
        while True:
            # Lets the watch and the other connections have their turn: a send into an empty buffer does not wait.
            await asyncio.sleep(0)
            watch.check()
            chunk = self._reader.at_once(BUFFER)
            if chunk is None:
                chunk = await finished(self._loop.run_in_executor(self._host.bytes, self._reader.read, BUFFER))
            if not chunk:
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            self._host.metrics.bytes_out.inc(len(chunk))
