"""The line on an event loop: httpx and a task group, and no thread. (Names of hosts are looked up by the loop, which asks the system's
resolver on a thread of its own the first time; addresses need none.)
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar

import httpx

from fumibako.answers import LARGEST_ANSWER, lie, require_range, require_stored, server_wrong, too_large
from fumibako.connecting import pool_settings, proxies_checked
from fumibako.errors import NetworkFailed
from fumibako.line import Answer, Answered, Bell, Body, Sink
from fumibako.messages import text
from fumibako.retries import Retry

_END: Final = object()
_PIECE = 1 << 18
T = TypeVar("T")


class AsyncLine:
    """See fumibako.line."""

    # Everybody waits while the disk is waited for: in small helpings.
    sync_every = 8 << 20

    def __init__(self, *, connections: int = 16) -> None:
        """Raises UsageError("proxy_wrong"), UsageError("ca_wrong")."""
        self.known = False
        settings = pool_settings(connections)
        with proxies_checked():
            self._client = httpx.AsyncClient(**settings)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        body: Answer | None = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        content = bytearray()
        async with self._client.stream(method, url, json=body, params=query, headers=headers) as answer:
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise too_large()
        return Answered(answer.status_code, answer.headers, bytes(content))

    async def put(self, upload: Answer, body: Body, size: int, stop: threading.Event | None = None) -> str:
        headers = {**_lowered(upload["headers"]), "content-length": str(size)}
        how: dict[str, Any] = {"content": _pieces(body, stop), "headers": headers}
        async with self._opened(upload, how) as answer:
            # An answer's own body is of no interest, so it is not read: it could be endless.
            if answer.headers.get("content-length", "0") == "0":
                await answer.aread()
            return require_stored(answer.status_code, answer.headers.get("etag"))

    async def fetch(
        self, download: Answer, start: int, end: int, sink: Sink, stop: threading.Event | None = None
    ) -> None:
        asked = {"range": f"bytes={start}-{end - 1}", "accept-encoding": "identity"}
        async with self._opened(download, {"headers": {**_lowered(download["headers"]), **asked}}) as answer:
            require_range(answer.status_code, answer.headers, start, end)
            left = end - start
            async for chunk in answer.aiter_raw():
                if len(chunk) > left:
                    raise lie("more bytes than asked for")
                left -= len(chunk)
                _go_on(stop)
                await _pour(memoryview(chunk), sink)
            if left:
                raise Retry("fewer bytes than asked for")

    def _opened(self, entry: Answer, how: dict[str, Any]) -> AbstractAsyncContextManager[httpx.Response]:
        try:
            return self._client.stream(entry["method"], entry["url"], **how)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise server_wrong("no address") from error

    async def pause(self, seconds: float, stop: threading.Event | None = None) -> None:
        _go_on(stop)
        await asyncio.sleep(seconds)

    async def turn(self) -> None:
        await asyncio.sleep(0)

    async def each(
        self,
        items: Iterable[T],
        work: Callable[[T], Coroutine[Any, Any, None]],
        *,
        width: Callable[[], int],
        stop: threading.Event,
    ) -> None:
        crew = _Crew(items, work, width, stop)
        try:
            async with asyncio.TaskGroup() as group:
                crew.fill(group)
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    def lock(self) -> AbstractAsyncContextManager[None]:
        return asyncio.Lock()

    async def until(self, ready: Callable[[], bool], changed: Bell, stop: threading.Event) -> None:
        if not isinstance(changed, _LoopBell):
            raise TypeError("a bell of this line")
        while not ready():
            if stop.is_set():
                raise NetworkFailed("stopped", text("stopped"))
            await changed.event.wait()

    def bell(self) -> Bell:
        return _LoopBell()


class _Crew:
    """The tasks of one call of ``each``."""

    def __init__(
        self,
        items: Iterable[T],
        work: Callable[[T], Coroutine[Any, Any, None]],
        width: Callable[[], int],
        stop: threading.Event,
    ) -> None:
        self._queue = iter(items)
        self._work: Callable[[Any], Coroutine[Any, Any, None]] = work
        self._width = width
        self._stop = stop
        self._busy = 0
        self._empty = False

    def fill(self, group: asyncio.TaskGroup) -> None:
        """Begin tasks until there are as many as wanted."""
        while self._busy < self._width() and not (self._empty or self._stop.is_set()):
            self._busy += 1
            group.create_task(self._run(group))

    async def _run(self, group: asyncio.TaskGroup) -> None:
        try:
            while not self._stop.is_set() and self._busy <= self._width():
                item = next(self._queue, _END)
                if item is _END:
                    self._empty = True
                    return
                await self._work(item)
                self.fill(group)
        except BaseException:
            self._stop.set()
            raise
        finally:
            self._busy -= 1


class _LoopBell:
    def __init__(self) -> None:
        self.event = asyncio.Event()

    def ring(self) -> None:
        """Wake all."""
        self.event.set()
        self.event = asyncio.Event()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    found = failures.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _go_on(stop: threading.Event | None) -> None:
    if stop is not None and stop.is_set():
        raise NetworkFailed("stopped", text("stopped"))


async def _pieces(body: Body, stop: threading.Event | None) -> AsyncIterator[bytes]:
    """Copies: the event loop may keep what it is given, and the buffers of the body are used again."""
    for piece in body():
        _go_on(stop)
        view = memoryview(piece)
        for at in range(0, len(view), _PIECE):
            yield bytes(view[at : at + _PIECE])
        await asyncio.sleep(0)


async def _pour(data: memoryview, sink: Sink) -> None:
    while data:
        space = sink.space()
        count = min(len(space), len(data))
        space[:count] = data[:count]
        data = data[count:]
        sink.advance(count)
        if count == len(space):
            await asyncio.sleep(0)
