"""The byte path: PUT of parts and GET of ranges by signed URLs, in constant memory.

The signature says what is allowed; the gate says whether the transfer is still open, which no signature can know. A part is
acknowledged only after the store made it durable. Chunks are gathered to about 1 MiB and written by a thread while the next
megabyte arrives, so that at most two are held for a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from chalicelib.domain.errors import Refused
from chalicelib.ports.byte_path import ByteGrant, BytePath, PartSink
from onprem.runtime.asgi_messages import (
    Disconnected,
    Message,
    Receive,
    Scope,
    Send,
    header,
    received,
    send_answer,
    start_answer,
)
from onprem.runtime.byte_watch import ASK_SECONDS, OpenStill, Watch
from onprem.runtime.file_reading import SliceReader
from onprem.runtime.host import Host
from onprem.runtime.ranges import requested_range

BUFFER: Final = 1024**2
# A part whose bytes stop for this long, or come more slowly than this (bytes a second) as a whole, is given up; its client sends it again.
IDLE_SECONDS: Final = 60.0
SLOWEST: Final = 8 * 1024
SAFE: Final = (
    ("cache-control", "private, no-store"),
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; sandbox"),
)


class ByteService:
    """``/blobs/*`` of one process. ``ask_seconds``: how often the gate is asked again while bytes move."""

    ask_seconds = ASK_SECONDS
    idle_seconds = IDLE_SECONDS

    def __init__(self, host: Host) -> None:
        self._host = host

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one PUT, GET or HEAD. Raises Refused before the answer began, Disconnected after."""
        loop = asyncio.get_running_loop()
        path, grant = await loop.run_in_executor(self._host.bytes, self._granted, scope)
        if grant.method == "PUT":
            await self._put(path, grant, scope, receive, send)
        else:
            await self._get(path, grant, scope, receive, send)

    def _granted(self, scope: Scope) -> tuple[BytePath, ByteGrant]:
        path = self._host.byte_path()
        if path is None:
            raise Refused("not_found", "This install keeps its bytes elsewhere.")
        method = scope["method"]
        if method not in ("PUT", "GET", "HEAD"):
            raise Refused("method_not_allowed", "Signed URLs take GET, HEAD and PUT.")
        query = _signed_query(scope["query_string"].decode("latin-1"))
        now = self._host.ports().clock.now_ms()
        grant = path.authorize("GET" if method == "HEAD" else method, scope["path"], query, now=now)
        self._host.gate(grant.ref.tenant, grant.ref.transfer, grant.method)
        return path, grant

    def _still(self, grant: ByteGrant) -> OpenStill:
        ask = partial(self._host.gate, grant.ref.tenant, grant.ref.transfer, grant.method)
        return OpenStill(self._host, ask, every=self.ask_seconds)

    async def _put(self, path: BytePath, grant: ByteGrant, scope: Scope, receive: Receive, send: Send) -> None:
        length = header(scope, b"content-length")
        if not length.isdigit() or header(scope, b"transfer-encoding"):
            raise Refused("length_required", "A part is sent with Content-Length.")
        if int(length) != grant.size:
            raise Refused("length_wrong", f"This URL takes exactly {grant.size} bytes.")
        loop = asyncio.get_running_loop()
        run = partial(loop.run_in_executor, self._host.bytes)
        still = self._still(grant)
        deadline = loop.time() + IDLE_SECONDS + int(length) / SLOWEST
        sink = await run(path.sink, grant)
        try:
            await _fill(sink, partial(self._next, still, receive, deadline), run)
            await still.check()
            etag = await run(sink.commit)
        except BaseException:
            with suppress(OSError, Refused):
                await asyncio.shield(run(sink.abort))
            raise
        self._host.metrics.bytes_in.inc(int(length))
        await send_answer(send, 200, (*SAFE, ("etag", f'"{etag}"')), b"")

    async def _next(self, still: OpenStill, receive: Receive, deadline: float) -> Message:
        """The next message of a part's body. Raises Refused("body_slow"), Disconnected, or what the gate raises."""
        loop = asyncio.get_running_loop()
        until = min(deadline, loop.time() + self.idle_seconds)
        while True:
            await still.check()
            try:
                message = await received(receive, min(until, loop.time() + still.every))
            except Refused:
                if loop.time() >= until:
                    raise
                continue
            if message["type"] == "http.disconnect":
                raise Disconnected
            return message

    async def _get(self, path: BytePath, grant: ByteGrant, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        size = await loop.run_in_executor(self._host.bytes, path.size, grant)
        etag = f'"{grant.version}"'
        asked = header(scope, b"range")
        if_range = header(scope, b"if-range")
        span = None
        if asked and scope["method"] == "GET" and if_range in ("", etag):
            try:
                span = requested_range(asked, size)
            except Refused as refused:
                raise RangeNotSatisfiable(size) from refused
        start, end = span or (0, size)
        headers = [
            *SAFE,
            ("accept-ranges", "bytes"),
            ("content-type", "application/octet-stream"),
            ("content-disposition", "attachment"),
            ("etag", etag),
            ("content-length", str(end - start)),
        ]
        if span:
            headers.append(("content-range", f"bytes {start}-{end - 1}/{size}"))
        reader = None
        if scope["method"] == "GET" and end > start:
            reader = await loop.run_in_executor(self._host.bytes, self._opened, path, grant, start, end)
        await start_answer(send, 206 if span else 200, headers)
        if reader is not None:
            await self._send_all(reader, send, Watch(self._still(grant), scope, receive))
        await send({"type": "http.response.body", "body": b""})

    def _opened(self, path: BytePath, grant: ByteGrant, start: int, end: int) -> SliceReader:
        # Opened before the status goes out: a file that is gone is then still a 404.
        return SliceReader(path.slices(grant, start=start, end=end))

    async def _send_all(self, reader: SliceReader, send: Send, watch: Watch) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                # Lets the watch and the other connections have their turn: a send into an empty buffer does not wait.
                await asyncio.sleep(0)
                watch.check()
                chunk = reader.at_once(BUFFER)
                if chunk is None:
                    chunk = await loop.run_in_executor(self._host.bytes, reader.read, BUFFER)
                if not chunk:
                    return
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                self._host.metrics.bytes_out.inc(len(chunk))
        finally:
            watch.close()
            reader.close()


class RangeNotSatisfiable(Refused):
    """416; the answer names the size (RFC 9110 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__("range_wrong", "The blob has no such bytes.")
        self.size = size


def _signed_query(text: str) -> dict[str, str]:
    """Each parameter once, and few of them. Raises Refused("url_invalid")."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        pairs = []
    query = dict(pairs)
    if not pairs or len(query) < len(pairs):
        raise Refused("url_invalid", "The address was changed or was not made by this service.")
    return query


async def _fill(
    sink: PartSink, next_message: Callable[[], Awaitable[Message]], run: partial[asyncio.Future[None]]
) -> None:
    """Feed the body to the sink: one batch is being written while the next is received."""
    writing: asyncio.Future[None] | None = None
    batch: list[bytes] = []
    gathered = 0
    more = True
    try:
        while more:
            message = await next_message()
            more = message.get("more_body", False)
            batch.append(message.get("body", b""))
            gathered += len(batch[-1])
            if gathered >= BUFFER or not more:
                if writing is not None:
                    await writing
                writing = run(_write_all, sink, batch)
                batch, gathered = [], 0
    finally:
        # Also when the body broke off: the sink must not be closed under a thread that writes.
        if writing is not None:
            await writing


def _write_all(sink: PartSink, batch: list[bytes]) -> None:
    for chunk in _not_empty(batch):
        sink.write(chunk)


def _not_empty(batch: list[bytes]) -> Iterator[bytes]:
    return (chunk for chunk in batch if chunk)
