"""The line on threads: every call is done when it returns. JSON by httpx, bytes by sockets (fumibako.byte_connections)."""

import http.client
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import httpx

from fumibako.answers import LARGEST_ANSWER, lie, require_range, require_stored, server_wrong, too_large
from fumibako.byte_connections import ByteConnection, ByteConnections, as_line_error
from fumibako.connecting import pool_settings, proxies_checked
from fumibako.driving import run
from fumibako.errors import NetworkFailed
from fumibako.line import Answer, Answered, Bell, Body, Sink
from fumibako.messages import text
from fumibako.retries import Retry, blocking_pause
from fumibako.threads import ThreadBell, ThreadLock, in_parallel

_BROKEN = (OSError, http.client.HTTPException)
T = TypeVar("T")


class Pool(httpx.Client):
    """Connections of this process. ``known`` is set once anything answered as Fumibako does; ``line`` is what works over them."""

    known = False
    tls: ssl.SSLContext

    @cached_property
    def line(self) -> "BlockingLine":
        """The blocking line over this pool."""
        return BlockingLine(self)

    def close(self) -> None:
        """Close all connections, those to the store too."""
        if "line" in self.__dict__:
            self.line.close()
        super().close()


class BlockingLine:
    """See fumibako.line."""

    # Another thread goes on while this one waits for the disk.
    sync_every = 64 << 20

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def known(self) -> bool:
        """Whether anything answered as Fumibako does."""
        return self._pool.known

    @known.setter
    def known(self, known: bool) -> None:  # a setter
        self._pool.known = known

    @cached_property
    def _connections(self) -> ByteConnections:
        return ByteConnections(self._pool.tls)

    def close(self) -> None:
        """Close the connections to the store."""
        if "_connections" in self.__dict__:
            self._connections.close()

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
        with self._pool.stream(method, url, json=body, params=query, headers=headers) as answer:
            for chunk in answer.iter_raw():
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise too_large()
        return Answered(answer.status_code, answer.headers, bytes(content))

    async def put(self, upload: Answer, body: Body, size: int, stop: threading.Event | None = None) -> str:
        headers = {**_lowered(upload["headers"]), "content-length": str(size)}

        def send(connection: ByteConnection, url: SplitResult) -> http.client.HTTPResponse:
            connection.begin(upload["method"], url, headers)
            try:
                connection.send(body(), stop)
            except OSError:
                # The server may have said why before it closed.
                connection.socket.settimeout(5)
                return connection.answer()
            return connection.answer()

        answer, connection, url = self._asked(upload["url"], send)
        etag = answer.headers.get("etag")
        # An answer's own body is of no interest, so it is not read: it could be endless.
        if answer.length == 0 and not answer.will_close:
            answer.read()
            self._connections.give(url, connection)
        else:
            answer.close()
            connection.close()
        return require_stored(answer.status, etag)

    async def fetch(
        self, download: Answer, start: int, end: int, sink: Sink, stop: threading.Event | None = None
    ) -> None:
        asked = {"range": f"bytes={start}-{end - 1}", "accept-encoding": "identity"}
        headers = {**_lowered(download["headers"]), **asked}

        def send(connection: ByteConnection, url: SplitResult) -> http.client.HTTPResponse:
            connection.begin(download["method"], url, headers)
            return connection.answer()

        answer, connection, url = self._asked(download["url"], send)
        whole = False
        try:
            known = {name.lower(): value for name, value in answer.getheaders()}
            require_range(answer.status, known, start, end)
            _read(answer, end - start, sink, stop)
            whole = answer.isclosed() and not answer.will_close
        finally:
            if whole:
                self._connections.give(url, connection)
            else:
                answer.close()
                connection.close()

    def _asked(
        self, address: str, send: Callable[[ByteConnection, SplitResult], http.client.HTTPResponse]
    ) -> tuple[http.client.HTTPResponse, ByteConnection, SplitResult]:
        """The answer's head. A kept connection that the server had closed meanwhile is not counted as an attempt."""
        url = _split(address)
        while True:
            connection = self._connections.take(url)
            again = connection.used
            try:
                return send(connection, url), connection, url
            except _BROKEN as error:
                connection.close()
                if not again or isinstance(error, TimeoutError):
                    raise as_line_error(error) from error
            except BaseException:
                connection.close()
                raise

    async def pause(self, seconds: float, stop: threading.Event | None = None) -> None:
        await blocking_pause(seconds, stop)

    async def turn(self) -> None:
        """Threads take turns by themselves."""

    async def each(
        self,
        items: Iterable[T],
        work: Callable[[T], Coroutine[Any, Any, None]],
        *,
        width: Callable[[], int],
        stop: threading.Event,
    ) -> None:
        in_parallel(items, lambda item: run(work(item)), parallel=width, stop=stop, name="part")

    def lock(self) -> AbstractAsyncContextManager[None]:
        return ThreadLock()

    async def until(self, ready: Callable[[], bool], changed: Bell, stop: threading.Event) -> None:
        if not isinstance(changed, ThreadBell):
            raise TypeError("a bell of this line")
        with changed.condition:
            while not ready():
                if stop.is_set():
                    raise NetworkFailed("stopped", text("stopped"))
                # A stop rings no bell.
                changed.condition.wait(0.2)

    def bell(self) -> Bell:
        return ThreadBell()


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _split(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:
            raise server_wrong("no address")
    except ValueError as error:  # brackets that are no IPv6 address, a port that is none
        raise server_wrong("no address") from error
    return url


def _read(answer: http.client.HTTPResponse, size: int, sink: Sink, stop: threading.Event | None) -> None:
    left = size
    try:
        while left:
            if stop is not None and stop.is_set():
                raise Retry("stopped")
            count = answer.readinto(sink.space()[:left])
            if not count:
                raise Retry("fewer bytes than asked for")
            left -= count
            sink.advance(count)
        # Without a Content-Length only the end says that nothing follows.
        if answer.length is None and answer.read(1):
            raise lie("more bytes than asked for")
    except _BROKEN as error:
        raise as_line_error(error) from error


def open_pool(*, connections: int = 16) -> Pool:
    """A pool that honours proxy variables and SSL_CERT_FILE; connecting takes 10 s at most, an idle read 60 s.

    Raises UsageError("proxy_wrong") where a proxy variable can't be used, UsageError("ca_wrong").
    """
    settings = pool_settings(connections)
    with proxies_checked():
        pool = Pool(**settings)
    pool.tls = settings["verify"]
    return pool
