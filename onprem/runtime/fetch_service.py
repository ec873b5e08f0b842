"""``/fetch/<token>``: the compatible download. The server opens files for browsers that can't, and streams them in constant memory.

The token is the whole right; what it leads to is judged at every request and again every few seconds while bytes move. The path is
never logged. A segment that does not hold cuts the connection before the promised length, so that nothing looks complete.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar
from urllib.parse import quote

from isal import isal_zlib

from chalicelib.api.throttle import throttle_address
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.networks import network_of
from chalicelib.use_cases.receiving.fetch_plan import FetchPlan
from chalicelib.use_cases.receiving.fetch_stream import fetched
from chalicelib.use_cases.receiving.kept_checksums import KeptChecksums
from chalicelib.use_cases.receiving.note_fetch import fetch_answered, fetch_began
from chalicelib.use_cases.receiving.open_fetch import open_fetch, require_fetch_open
from onprem.runtime.asgi_messages import Receive, Scope, Send, header, start_answer
from onprem.runtime.byte_sending import Sending
from onprem.runtime.byte_service import SAFE, RangeNotSatisfiable
from onprem.runtime.byte_socket import LEND_FROM, finished, lender_of
from onprem.runtime.byte_watch import ASK_SECONDS, OpenStill
from onprem.runtime.host import Host
from onprem.runtime.piece_reading import PieceReader
from onprem.runtime.ranges import requested_range

MOUNT: Final = "/fetch/"
# Each holds a segment as stored and one opened: 2 MiB. A client beyond that waits and asks again.
MOST_AT_ONCE: Final = 48
AGAIN_SECONDS: Final = 10
_HEADERS: Final = (
    *SAFE,
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
)
_T = TypeVar("_T")
_log = logging.getLogger("fumibako.fetch")


@dataclass(frozen=True)
class _Answer:
    """One range of one plan to one client. ``partial`` tells that a range was asked for."""

    token: str
    plan: FetchPlan
    start: int
    end: int
    partial: bool

    def headers(self) -> list[tuple[str, str]]:
        size = self.plan.length
        found = [
            *_HEADERS,
            ("accept-ranges", "bytes"),
            ("content-type", self.plan.media_type),
            ("content-disposition", disposition(self.plan.name)),
            ("etag", self.plan.etag),
            ("content-length", str(self.end - self.start)),
        ]
        if self.partial:
            found.append(("content-range", f"bytes {self.start}-{self.end - 1}/{size}"))
        return found


class FetchService:
    """``/fetch/*`` of one process. ``ask_seconds``: how often the gate is asked again while bytes move."""

    ask_seconds = ASK_SECONDS

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept = KeptChecksums(crc32=isal_zlib.crc32)
        self._under_way = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send, *, source_ip: str = "") -> None:
        """Answer one GET or HEAD. Raises Refused before the answer began, and what cuts it after."""
        if scope["method"] not in ("GET", "HEAD"):
            raise Refused("method_not_allowed", "This address takes GET and HEAD.")
        token = scope["path"].removeprefix(MOUNT)
        answer = _asked(scope, token, await self._run(partial(self._opened, token, source_ip)))
        if scope["method"] == "HEAD":
            await start_answer(send, 200, answer.headers())
            await send({"type": "http.response.body", "body": b""})
            return
        if self._under_way >= MOST_AT_ONCE:
            raise Refused("too_many_requests", "Many files are being opened at this moment.", retry_after=AGAIN_SECONDS)
        self._under_way += 1
        try:
            await self._stream(answer, scope, receive, send, source_ip)
        finally:
            self._under_way -= 1

    def _opened(self, token: str, source_ip: str) -> FetchPlan:
        """Guessing must not be cheaper here than at the API. Raises as ``open_fetch`` does, and Refused("too_many_requests")."""
        ctx = self._host.ports()
        try:
            return open_fetch(ctx, token)
        except NotFound:
            if source_ip:
                throttle_address(ctx, source_ip, per_minute=self._host.settings.address_requests_per_minute)
            raise

    async def _stream(self, answer: _Answer, scope: Scope, receive: Receive, send: Send, source_ip: str) -> None:
        ctx, size = self._host.ports(), answer.end - answer.start
        pieces = fetched(ctx, answer.plan, answer.start, answer.end, self._kept)
        reader = PieceReader(pieces, size)
        promised = False
        try:
            await self._run(partial(fetch_began, ctx, answer.token, network=network_of(source_ip) or None))
            await self._run(reader.begin)
            promised = True
            await start_answer(send, 206 if answer.partial else 200, answer.headers())
            still = OpenStill(self._host, partial(require_fetch_open, ctx, answer.token), every=self.ask_seconds)
            lender = lender_of(scope) if size >= LEND_FROM else None
            await Sending(self._host, reader, still, scope).run(lender, send, receive)
        except Refused as refused:
            if reader.moved:
                _log.warning("stream cut", extra={"code": refused.code})
            raise
        finally:
            await self._run(reader.close)
            if promised:
                await self._noted(answer, answer.start + reader.moved)
        await send({"type": "http.response.body", "body": b""})

    async def _noted(self, answer: _Answer, end: int) -> None:
        """A store that is away now must not cut what was sent well; the next answer tells it again."""
        note = partial(
            fetch_answered, self._host.ports(), answer.token, start=answer.start, end=end, length=answer.plan.length
        )
        with suppress(Refused):
            await self._run(note)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await finished(asyncio.get_running_loop().run_in_executor(self._host.bytes, work))


def disposition(name: str) -> str:
    """``attachment`` with the name twice (RFC 6266 5): in ASCII for old programs, and as RFC 8187 has it for all others."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _asked(scope: Scope, token: str, plan: FetchPlan) -> _Answer:
    """The range that is asked for. A HEAD is told of the whole, and so is an If-Range of other bytes. Raises RangeNotSatisfiable."""
    asked = header(scope, b"range")
    if asked and scope["method"] == "GET" and header(scope, b"if-range") in ("", plan.etag):
        try:
            span = requested_range(asked, plan.length)
        except Refused as refused:
            raise RangeNotSatisfiable(plan.length) from refused
        if span is not None:
            return _Answer(token, plan, *span, partial=True)
    return _Answer(token, plan, 0, plan.length, partial=False)
