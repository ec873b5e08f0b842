"""The byte path: PUT of parts and GET of ranges by signed URLs, in constant memory.

The signature says what is allowed; the gate says whether the transfer is still open, which no signature can know. A part is
acknowledged only after the store made it durable. How the bytes move is in byte_receiving.py and byte_sending.py.
"""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from chalicelib.domain.errors import Refused
from chalicelib.ports.byte_path import ByteGrant, BytePath
from onprem.runtime.asgi_messages import Receive, Scope, Send, header, send_answer, start_answer
from onprem.runtime.byte_receiving import IDLE_SECONDS, Receiving
from onprem.runtime.byte_sending import Sending
from onprem.runtime.byte_socket import LEND_FROM, SocketLender, finished, lender_of
from onprem.runtime.byte_watch import ASK_SECONDS, OpenStill
from onprem.runtime.file_reading import SliceReader
from onprem.runtime.host import Host
from onprem.runtime.ranges import requested_range

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
        run = partial(asyncio.get_running_loop().run_in_executor, self._host.bytes)
        still = self._still(grant)
        sink = await run(path.sink, grant)
        lender = _lender(scope, int(length))
        try:
            receiving = Receiving(self._host, still, sink, int(length), self.idle_seconds)
            if lender is None or not await receiving.from_socket(lender):
                await receiving.from_messages(receive)
            await still.check()
            etag = await finished(run(sink.commit))
        except BaseException:
            with suppress(OSError, Refused):
                await finished(run(sink.abort))
            raise
        self._host.metrics.bytes_in.inc(int(length))
        await send_answer(send, 200, (*SAFE, ("etag", f'"{etag}"')), b"")

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
            sending = Sending(self._host, reader, self._still(grant), scope)
            await sending.run(_lender(scope, end - start), send, receive)
        await send({"type": "http.response.body", "body": b""})

    def _opened(self, path: BytePath, grant: ByteGrant, start: int, end: int) -> SliceReader:
        # Opened before the status goes out: a file that is gone is then still a 404.
        return SliceReader(path.slices(grant, start=start, end=end))


class RangeNotSatisfiable(Refused):
    """416; the answer names the size (RFC 9110 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__("range_wrong", "The blob has no such bytes.")
        self.size = size


def _lender(scope: Scope, size: int) -> SocketLender | None:
    return lender_of(scope) if size >= LEND_FROM else None


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
