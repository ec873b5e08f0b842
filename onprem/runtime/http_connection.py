"""One client connection: uvicorn's HTTP protocol with the deadlines that it leaves out.

    connect ---- headers ----| body (asgi_messages, byte_service) | answer ----| next request
            HEAD_SECONDS      a deadline of its own                 STALL_SECONDS without a byte taken

Without them a client that sends one header byte a minute, or asks for a blob and never reads it, keeps its connection for ever
(https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2007-6750 is the classic). None of them counts while the app itself works.
"""

import asyncio
from asyncio.events import TimerHandle
from collections.abc import Callable
from typing import Any, Final

from chalicelib.api.problems import problem
from chalicelib.domain.errors import Refused
from onprem.runtime.asgi_messages import ABORT, MAX_HEAD_BYTES
from onprem.runtime.byte_lending import LendingProtocol

HEAD_SECONDS: Final = 20.0
# A megabyte in two minutes is 8.7 kB/s: slower than any line people still have, faster than a client that only holds on.
STALL_SECONDS: Final = 120.0


class HTTPConnection(LendingProtocol):
    """Cuts a connection whose request head is late or too large, or whose client stopped reading."""

    head_seconds = HEAD_SECONDS
    stall_seconds = STALL_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head = _Deadline(self.loop, self.head_seconds, self._cut)
        self._stall = _Deadline(self.loop, self.stall_seconds, self._cut)
        self._in_head = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.end()
        self._stall.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse_head()
        if not self._busy():
            # uvicorn has just put its keep-alive timer away, even for a lone line end.
            self._head.begin()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self.scope["extensions"] = {ABORT: {"abort": self._cut}}

    def on_headers_complete(self) -> None:
        self._head.end()
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall.begin()

    def resume_writing(self) -> None:
        self._stall.end()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        # What was written a minute ago and is still here, nobody takes: close() would wait for it.
        if self.transport.get_write_buffer_size():
            self._cut()
        super().timeout_keep_alive_handler()

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _cut(self) -> None:
        self.cut_lent()
        self.transport.abort()

    def _refuse_head(self) -> None:
        if self._busy():
            self._cut()  # An answer is on its way; a second one can't be put into it.
            return
        refused = Refused("headers_too_large", f"The head of a request has at most {MAX_HEAD_BYTES} bytes.")
        rendered = problem(refused, request_id="", language="en")
        body = rendered.body.encode()
        lines = [f"HTTP/1.1 {rendered.status} Request Header Fields Too Large", "connection: close"]
        lines += [f"{name}: {value}" for name, value in rendered.headers.items()]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""])
        self.transport.write(head.encode("latin-1") + body)
        self.transport.close()


class _Deadline:
    """Calls ``act`` once, ``seconds`` after ``begin``, unless ``end`` comes before. Beginning twice does not put it off."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._act = act
        self._timer: TimerHandle | None = None

    def begin(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._act)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
