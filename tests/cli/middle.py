"""Somebody between client and server: passes requests on, can change what comes back, and can hold a request until it is told to go on."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass
class Passed:
    """One request on its way: what is sent on, and what came back. ``change`` may alter every field."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    sent: int = 0


Change = Callable[[Passed], None]
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})


@dataclass
class Middle:
    """``with Middle(install.url)``: an address of its own in front of an install. The client is to be given ``url``."""

    target: str
    change: Change = lambda passed: None
    hold: Callable[[str, str], bool] = lambda method, path: False
    go_on: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    seen: list[Passed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        middle = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                """Quiet."""

            def handle_any(self) -> None:
                middle._pass_on(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815  # http.server asks for them

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def of(self, method: str, part: str) -> list[Passed]:
        """What passed so far, by method and a piece of the path."""
        with self._lock:
            return [one for one in self.seen if one.method == method and part in one.path]

    def _pass_on(self, request: BaseHTTPRequestHandler) -> None:
        try:
            body = request.rfile.read(int(request.headers.get("content-length", "0")))
            if self.hold(request.command, request.path):
                self.held.set()
                self.go_on.wait(60)
            passed = self._asked(request, body)
            self.change(passed)
            with self._lock:
                self.seen.append(passed)
            request.send_response(passed.status)
            for name, value in passed.headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(passed.body)))
            request.end_headers()
            request.wfile.write(passed.body)
        except OSError:  # the client went away, which is what some stories are about
            request.close_connection = True

    def _asked(self, request: BaseHTTPRequestHandler, body: bytes) -> Passed:
        host = urlsplit(self.target).netloc
        server = http.client.HTTPConnection(host, timeout=60)
        kept = {k: v for k, v in request.headers.items() if k.lower() not in {*_HOP, "host", "accept-encoding"}}
        # The bodies name the install's own address; the client is to stay on this one.
        sent = body if request.command == "PUT" else body.replace(self.url.encode(), self.target.encode())
        try:
            server.request(request.command, request.path, sent, {**kept, "Host": host})
            answer = server.getresponse()
            content = answer.read()
        finally:
            server.close()
        headers = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
        if "json" in headers.get("content-type", headers.get("Content-Type", "")):
            content = content.replace(self.target.encode(), self.url.encode())
        return Passed(request.command, request.path, answer.status, headers, content, len(body))
