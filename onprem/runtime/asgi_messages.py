"""The few ASGI shapes that the runtime speaks (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from chalicelib.domain.errors import Refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# The key in scope["extensions"] under which http_connection offers to cut the connection without sending what waits.
ABORT: Final = "fumibako.abort"
# Bearer values have up to 8,192 characters, signed URLs 2,000; nginx takes 32 kB in all.
MAX_HEAD_BYTES: Final = 32 * 1024
DRAIN_LIMIT: Final = 16 * 1024**2
BODY_SECONDS: Final = 60.0
# A refused body is read on for so long at most, and ends when nothing came for so long.
LINGER_SECONDS: Final = 30.0
LINGER_IDLE_SECONDS: Final = 2.0


class Disconnected(Exception):
    """The client went away in the middle of its body or of its answer."""


class BodyTooLarge(Exception):
    """The body has as many bytes as the limit or more."""


def header(scope: Scope, name: bytes) -> str:
    """The value of a header, "" without it. Names in a scope are lower-case."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return ""


def header_list(scope: Scope, name: bytes) -> list[str]:
    """All entries of a header that is a list, over all of its lines (RFC 9110 5.3): a proxy may add its own as a further line."""
    joined = ",".join(bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name)
    return [entry.strip() for entry in joined.split(",")] if joined else []


def text_headers(scope: Scope) -> tuple[tuple[str, str], ...]:
    """All headers as text."""
    return tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"])


def head_size(scope: Scope) -> int:
    """Bytes of the request's target and headers."""
    headers = scope["headers"]
    size = sum(len(key) + len(value) for key, value in headers) + 4 * len(headers)
    return size + len(scope.get("raw_path") or b"") + len(scope["query_string"])


def abort(scope: Scope) -> None:
    """Cut the connection at once; what was written and not sent yet is dropped. Servers without the extension close it a little later."""
    offered = scope.get("extensions", {}).get(ABORT)
    if offered is not None:
        offered["abort"]()


async def received(receive: Receive, deadline: float) -> Message:
    """The next message. Raises Refused("body_slow") when none came until ``deadline`` (the loop's clock)."""
    try:
        async with asyncio.timeout_at(deadline):
            return await receive()
    except TimeoutError:
        raise Refused("body_slow", "The body did not arrive in time.") from None


async def read_body(receive: Receive, *, limit: int) -> bytes:
    """The whole body, of fewer than ``limit`` bytes. Raises BodyTooLarge, after taking in what is only a little too much: a client that is
    still sending does not look at the answer. Raises Disconnected and Refused("body_slow").
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    # A client that trickles its body would otherwise hold memory and a connection for ever.
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    while more:
        message = await received(receive, deadline)
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size < limit:
            chunks.append(chunk)
        elif size > DRAIN_LIMIT:
            break
        more = message.get("more_body", False)
    if size >= limit:
        raise BodyTooLarge
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def start_answer(send: Send, status: int, headers: Iterable[tuple[str, str]]) -> None:
    """The status line and headers."""
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def send_answer(send: Send, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    """A whole answer with its length."""
    await start_answer(send, status, (*headers, ("content-length", str(len(body)))))
    await send({"type": "http.response.body", "body": body})


async def answer_lingering(
    send: Send, receive: Receive, status: int, headers: Iterable[tuple[str, str]], body: bytes
) -> None:
    """A whole answer before the request's body was taken, which is then read and thrown away before the connection closes.

    Closed at once, the kernel would answer what is still on its way with a reset, and that may destroy the answer before a client or a
    proxy has read it (RFC 9112 section 9.6): a full disk would look like a broken line.
    """
    await start_answer(send, status, (*headers, ("connection", "close"), ("content-length", str(len(body)))))
    await send({"type": "http.response.body", "body": body, "more_body": True})
    loop = asyncio.get_running_loop()
    until = loop.time() + LINGER_SECONDS
    more = True
    while more:
        try:
            message = await received(receive, min(until, loop.time() + LINGER_IDLE_SECONDS))
        except Refused:
            break
        more = message["type"] == "http.request" and message.get("more_body", False) and loop.time() < until
    await send({"type": "http.response.body", "body": b""})
