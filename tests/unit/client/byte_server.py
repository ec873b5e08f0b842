"""A store of bytes on this computer that answers as it is told to, good or bad."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CONTENT = bytes(range(256)) * 8192  # 2 MiB


def answered(
    handler: Any, status: int, headers: dict[str, str], body: bytes = b"", *, length: int | None = None
) -> None:
    """One answer; ``length`` where it lies about it, -1 for none at all."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if length != -1:
        handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def stored(handler: Any) -> None:
    """As a store answers a part, or a range."""
    if handler.command == "PUT":
        answered(handler, 200, {"ETag": f'"{len(handler.body)}"'})
        return
    start, end = (int(n) for n in handler.headers["range"].removeprefix("bytes=").split("-"))
    body = CONTENT[start : end + 1]
    answered(handler, 206, {"Content-Range": f"bytes {start}-{end}/{len(CONTENT)}"}, body)


@dataclass
class ByteServer:
    """``with ByteServer() as server``: ``answer`` is called with each request (``handler.body`` read where ``reads``)."""

    answer: Callable[[Any], None] = stored
    reads: bool = True
    connections: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            body = b""

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def log_message(self, *args: Any) -> None:
                """Quiet."""

            def handle_any(self) -> None:
                self.body = self.rfile.read(int(self.headers.get("content-length", "0"))) if outer.reads else b""
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append({"method": self.command, "path": self.path, "headers": headers, "body": self.body})
                outer.answer(self)

            do_GET = do_PUT = handle_any  # noqa: N815  # http.server asks for them

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/blob?sig=1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
