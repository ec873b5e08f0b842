"""Connections for signed URLs, on threads: bytes go from a buffer to the socket and back without a copy between.

http.client of the standard library, because it lets the body be written with ``socket.send`` and read with ``readinto``; the figures are in
docs/decisions. Proxy variables and certificates are those of the JSON calls (httpx, urllib.request.getproxies).
"""

import base64
import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from fumibako import __version__
from fumibako.errors import NetworkFailed, UsageError
from fumibako.messages import text

CONNECT_SECONDS, IDLE_SECONDS = 10.0, 60.0
# Where connections are cut after a while (many proxies: 60 s), one that lives on would lose the part it carries.
OLDEST_SECONDS = 15.0
_PLAIN_PIECE, _TLS_PIECE = 1 << 20, 1 << 16


class ByteConnection:
    """One connection to one host, for one request after another."""

    def __init__(self, url: SplitResult, proxy: SplitResult | None, tls: ssl.SSLContext) -> None:
        self.born = time.monotonic()
        self.used = False
        self._piece = _TLS_PIECE if url.scheme == "https" else _PLAIN_PIECE
        self._absolute = url.scheme == "http" and proxy is not None
        self._proxy_headers = _proxy_headers(proxy)
        near = proxy or url
        secured = url.scheme == "https" or near.scheme == "https"
        kind: Callable[..., http.client.HTTPConnection] = http.client.HTTPConnection
        how: dict[str, ssl.SSLContext] = {}
        if secured:
            kind, how = http.client.HTTPSConnection, {"context": tls}
        self._connection = kind(near.hostname or "", near.port or _usual_port(near), timeout=CONNECT_SECONDS, **how)
        if url.scheme == "https" and proxy is not None:
            self._connection.set_tunnel(url.hostname or "", url.port or 443, headers=self._proxy_headers)

    def begin(self, method: str, url: SplitResult, headers: Mapping[str, str]) -> None:
        """Connect where needed, and send the head of a request. Raises OSError, http.client.HTTPException."""
        if self._connection.sock is None:
            self._connection.connect()
            self.socket.settimeout(IDLE_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        sent = {"host": url.netloc.rpartition("@")[2], "user-agent": f"fumibako/{__version__}", **headers}
        if self._absolute:
            target = f"{url.scheme}://{sent['host']}{target}"
            sent |= self._proxy_headers
        self._connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

    @property
    def socket(self) -> socket.socket:
        """The open socket."""
        found: socket.socket = self._connection.sock
        return found

    def send(self, body: Iterable[bytes | bytearray | memoryview], stop: threading.Event | None) -> None:
        """The body of a request. Each send has its own 60 s: a slow line is no dead line."""
        for data in body:
            view = memoryview(data)
            while view:
                if stop is not None and stop.is_set():
                    raise NetworkFailed("stopped", text("stopped"))
                view = view[self.socket.send(view[: self._piece]) :]

    def answer(self) -> http.client.HTTPResponse:
        """Status and headers of the answer. Raises OSError, http.client.HTTPException."""
        self.used = True
        return self._connection.getresponse()

    def idle(self) -> bool:
        """Open, and nothing came since the last answer; a server that closed it would have left an end."""
        if self._connection.sock is None or time.monotonic() - self.born > OLDEST_SECONDS:
            return False
        readable, _, _ = (
            select.select([self._connection.sock], [], [], 0) if self.socket.fileno() < 1024 else ([], 0, 0)
        )
        return not readable

    def close(self) -> None:
        """Give the socket back."""
        self._connection.close()


def _usual_port(url: SplitResult) -> int:
    return 443 if url.scheme == "https" else 80


def _proxy_headers(proxy: SplitResult | None) -> dict[str, str]:
    if proxy is None or proxy.username is None:
        return {}
    word = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"proxy-authorization": f"Basic {base64.b64encode(word).decode()}"}


def proxy_of(url: SplitResult) -> SplitResult | None:
    """The proxy that the environment (on macOS and Windows the system too) names for an address. Raises UsageError("proxy_wrong")."""
    if proxy_bypass(url.hostname or ""):
        return None
    proxies = getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named:
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    # TLS within TLS is more than the standard library does.
    if proxy.scheme != "http" and not (proxy.scheme == "https" and url.scheme == "http"):
        raise UsageError("proxy_wrong", text("proxy_wrong"), text("proxy_wrong_hint"))
    return proxy


class ByteConnections:
    """Idle connections by host, for several threads."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._idle: dict[str, list[ByteConnection]] = {}
        self._lock = threading.Lock()

    def take(self, url: SplitResult) -> ByteConnection:
        """One that was used before and is still open, or a new one."""
        while True:
            with self._lock:
                found = self._idle.get(f"{url.scheme}://{url.netloc}", [])
                connection = found.pop() if found else None
            if connection is None:
                return ByteConnection(url, proxy_of(url), self._tls)
            if connection.idle():
                return connection
            connection.close()

    def give(self, url: SplitResult, connection: ByteConnection) -> None:
        """Keep it for the next request."""
        with self._lock:
            self._idle.setdefault(f"{url.scheme}://{url.netloc}", []).append(connection)

    def close(self) -> None:
        """Close all that are idle."""
        with self._lock:
            for found in self._idle.values():
                for connection in found:
                    connection.close()
            self._idle.clear()


def as_line_error(error: Exception) -> httpx.TransportError:
    """What a socket says, in the words of the JSON calls: one kind of retry for both."""
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(str(error))
    if isinstance(error, ConnectionRefusedError | socket.gaierror | ssl.SSLError):
        return httpx.ConnectError(str(error))
    return httpx.ReadError(type(error).__name__)
