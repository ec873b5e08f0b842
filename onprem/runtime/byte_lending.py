"""uvicorn's HTTP protocol, able to lend its socket for the body of one request (byte_socket.py tells why).

All that is used of uvicorn's inside stands in this file: a cycle's ``body``, ``more_body`` and ``expected_content_length``, the flow
control, and that a new parser may take the place of one in the middle of a body.
"""

import sys
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from onprem.runtime.asgi_messages import Disconnected
from onprem.runtime.byte_socket import SOCKET, LentSocket


class LendingProtocol(HttpToolsProtocol):
    """Gives each request's scope a SocketLender."""

    stall_seconds: float

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.lent: LentSocket | None = None

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.scope["extensions"][SOCKET] = {"lender": RequestSocket(self, self.cycle)}

    def connection_lost(self, exc: Exception | None) -> None:
        self.cut_lent()
        super().connection_lost(exc)

    def cut_lent(self) -> None:
        """End the connection also for who has borrowed the socket: closing the original descriptor does not."""
        if self.lent is not None:
            self.lent.cut()

    def lend(self) -> LentSocket:
        """A duplicate of the descriptor; ``take_back`` it."""
        self.lent = LentSocket(self.transport.get_extra_info("socket").fileno())
        return self.lent

    def take_back(self) -> None:
        """Close what was lent."""
        if self.lent is not None:
            self.lent.close()
            self.lent = None

    def begin_anew(self) -> None:
        """The next bytes are a new request's head; the present parser still waits for the body that went another way."""
        if self.parser is not None:  # it is None once the connection is lost
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.flow.resume_reading()


class RequestSocket:
    """The SocketLender of one request. A client may send the next head before this answer ends, so it keeps its own cycle."""

    def __init__(self, connection: LendingProtocol, cycle: RequestResponseCycle) -> None:
        self._connection = connection
        self._cycle = cycle

    @property
    def stall_seconds(self) -> float:
        return self._connection.stall_seconds

    def lend_for_body(self) -> tuple[LentSocket, bytes] | None:
        cycle, connection = self._cycle, self._connection
        if not cycle.more_body or not self._can_lend():
            return None
        if cycle.waiting_for_100_continue:
            connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
        connection.flow.pause_reading()
        first = bytes(cycle.body)
        cycle.body = bytearray()
        cycle.message_event.clear()
        return connection.lend(), first

    async def lend_for_answer(self) -> LentSocket | None:
        if not self._can_lend():
            return None
        connection = self._connection
        # With a limit of 0 the transport tells when its last byte has left: only then is the order of bytes kept.
        connection.transport.set_write_buffer_limits(high=0)
        await connection.flow.drain()
        if connection.transport.is_closing():
            raise Disconnected
        connection.transport.set_write_buffer_limits()
        return connection.lend()

    def take_back(self) -> None:
        self._connection.take_back()

    def body_ended(self) -> None:
        self._connection.begin_anew()
        self._cycle.more_body = False
        self._cycle.message_event.set()

    def answer_ended(self, sent: int) -> None:
        self._cycle.expected_content_length -= sent

    def _can_lend(self) -> bool:
        transport = self._connection.transport
        plain = transport.get_extra_info("sslcontext") is None
        return plain and sys.platform == "linux" and not transport.is_closing() and not self._cycle.disconnected
