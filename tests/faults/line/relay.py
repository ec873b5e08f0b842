"""One connection of a client through the line, exchange by exchange."""

import asyncio
import contextlib
import hashlib
import socket
import struct
from typing import TYPE_CHECKING, Any

import h11

from tests.faults.line.acts import Act, Answer, Cut, Exchange, Silence
from tests.faults.line.pace import Far

if TYPE_CHECKING:
    from tests.faults.line.line import Line

READ = 64 << 10
# A portal that has answered reads on a little before it closes, or its answer would be lost to a reset.
LINGERED = 256 << 10
_NO_LINGER = struct.pack("ii", 1, 0)


class Ended(Exception):
    """The line ends this connection; ``reset`` by RST."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self.reset = reset


class End:
    """One side: a socket and what h11 knows of it."""

    def __init__(self, role: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
        self.http = h11.Connection(role)
        self.reader = reader
        self.writer = writer
        self.far = Far(writer, delay)

    async def event(self) -> Any:
        """The next event. Raises ConnectionResetError where the peer is gone in the middle of a message."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            data = await self.reader.read(READ)
            if not data and self.http.their_state not in (h11.IDLE, h11.DONE, h11.MUST_CLOSE):
                raise ConnectionResetError
            self.http.receive_data(data)
        return event

    async def send(self, event: Any) -> None:
        """Put one event on the wire."""
        await self.far.write(self.http.send(event) or b"")

    def close(self, *, reset: bool) -> None:
        """Let go of the socket."""
        self.far.end()
        handle = self.writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            if reset:
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                self.writer.transport.abort()
            self.writer.close()


class Relay:
    """Runs until either side or the line ends it."""

    def __init__(self, line: "Line", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._line = line
        self._client = End(h11.SERVER, reader, writer, line.pace.delay)
        self._server: End | None = None

    async def run(self) -> None:
        """Exchange after exchange."""
        reset = True
        try:
            await asyncio.sleep(2 * self._line.pace.delay)
            while await self._exchange():
                self._client.http.start_next_cycle()
            await self._client.far.flushed()
            reset = False
        except Ended as ended:
            if not ended.reset:
                await self._client.far.flushed()
            reset = ended.reset
        except (OSError, h11.ProtocolError, EOFError):
            pass  # the other side is gone: so is this one
        finally:
            self._client.close(reset=reset)
            if self._server is not None:
                self._server.close(reset=reset)

    async def _exchange(self) -> bool:
        """One request and its answer; False once no more will come."""
        request = await self._client.event()
        if not isinstance(request, h11.Request):
            return False
        exchange, act = self._line.begun(request)
        if isinstance(act, Silence):
            await asyncio.sleep(act.seconds)
            raise Ended(reset=False)
        if isinstance(act, Answer):
            return await self._answered(exchange, act)
        server = await self._connected()
        sending = asyncio.create_task(self._pass_request(request, exchange, act, server))
        answering = asyncio.create_task(self._pass_answer(exchange, act, server))
        try:
            await asyncio.gather(sending, answering)
        finally:
            sending.cancel()
            answering.cancel()
            self._line.ended(exchange)
        return self._next(server)

    def _next(self, server: End) -> bool:
        if server.http.our_state is server.http.their_state is h11.DONE:
            server.http.start_next_cycle()
        else:
            server.close(reset=False)
            self._server = None
        return self._client.http.our_state is self._client.http.their_state is h11.DONE

    async def _connected(self) -> End:
        """The connection to the server; a new one where it closed the old one while nothing was asked."""
        if self._server is not None and self._server.reader.at_eof():
            self._server.close(reset=False)
            self._server = None
        if self._server is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._line.target, limit=READ)
            self._server = End(h11.CLIENT, reader, writer, self._line.pace.delay)
        return self._server

    async def _pass_request(self, request: h11.Request, exchange: Exchange, act: Act | None, server: End) -> None:
        change = self._line.change(exchange)
        if change is not None:
            body = change(bytes(b"".join([piece async for piece in self._body(exchange)])))
            headers = [(n, str(len(body)).encode() if n == b"content-length" else v) for n, v in request.headers]
            request = h11.Request(method=request.method, target=request.target, headers=headers)
            await server.send(request)
            await server.send(h11.Data(data=body))
            await server.send(h11.EndOfMessage())
            return
        await server.send(request)
        seen = hashlib.sha256()
        with contextlib.suppress(ConnectionError):  # a server that answered early and closed: the client is heard out
            async for piece in self._body(exchange):
                seen.update(piece)
                if len(exchange.piece) < 128:
                    exchange.piece = (exchange.piece + piece[:128])[:128]
                if isinstance(act, Cut) and act.where == "request" and exchange.up >= act.after:
                    exchange.struck = True
                    await server.send(h11.Data(data=piece[: max(0, len(piece) - (exchange.up - act.after))]))
                    raise Ended(reset=act.reset)
                await server.send(h11.Data(data=piece))
            exchange.sha256 = seen.hexdigest()
            await server.send(h11.EndOfMessage())
        async for _ in self._body(exchange):
            pass

    async def _body(self, exchange: Exchange) -> Any:
        while self._client.http.their_state is h11.SEND_BODY:
            event = await self._client.event()
            if isinstance(event, h11.Data):
                await self._line.pace.take("up", len(event.data))
                exchange.up += len(event.data)
                yield bytes(event.data)

    async def _pass_answer(self, exchange: Exchange, act: Act | None, server: End) -> None:
        answer = await server.event()
        while isinstance(answer, h11.InformationalResponse):
            answer = await server.event()
        if not isinstance(answer, h11.Response):
            raise ConnectionResetError
        exchange.status = answer.status_code
        exchange.headers = {name.decode().lower(): value.decode("latin-1") for name, value in answer.headers}
        streamed = exchange.is_bytes and exchange.method == "GET"
        pieces = [] if streamed else [bytes(event.data) async for event in self._data(server)]
        if not streamed:
            exchange.answer = b"".join(pieces)
            # Before the client can know: whatever it builds on an answer, the log has it.
            self._line.promised(exchange)
        if isinstance(act, Cut) and act.where == "unheard":
            exchange.struck = True
            raise Ended(reset=act.reset)
        await self._client.send(answer)
        if streamed:
            async for event in self._data(server):
                await self._give(exchange, act, bytes(event.data))
        for piece in pieces:
            await self._give(exchange, act, piece)
        exchange.whole = True
        await self._client.send(h11.EndOfMessage())

    async def _data(self, server: End) -> Any:
        while not isinstance(event := await server.event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise ConnectionResetError
            yield event

    async def _give(self, exchange: Exchange, act: Act | None, piece: bytes) -> None:
        cut = isinstance(act, Cut) and act.where == "answer" and exchange.down + len(piece) > act.after
        if cut and isinstance(act, Cut):
            piece = piece[: act.after - exchange.down]
        await self._line.pace.take("down", len(piece))
        exchange.down += len(piece)
        if piece:
            await self._client.send(h11.Data(data=piece))
        if cut and isinstance(act, Cut):
            exchange.struck = True
            raise Ended(reset=act.reset)

    async def _answered(self, exchange: Exchange, act: Answer) -> bool:
        exchange.struck = True
        if not act.at_once:
            async for _ in self._body(exchange):
                pass
        length = ("content-length", str(len(act.body)))
        await self._client.send(h11.Response(status_code=act.status, headers=[*act.headers, length]))
        await self._client.send(h11.Data(data=act.body))
        await self._client.send(h11.EndOfMessage())
        exchange.down += len(act.body)
        if act.at_once:
            await self._client.far.flushed()
            await self._lingered(exchange)
            return False
        return self._client.http.our_state is self._client.http.their_state is h11.DONE

    async def _lingered(self, exchange: Exchange) -> None:
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(2):
                self._client.writer.write_eof()
                while exchange.up < LINGERED and (data := await self._client.reader.read(READ)):
                    exchange.up += len(data)
