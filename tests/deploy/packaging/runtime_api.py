"""Lambda's side of a function in a container: the Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), as far as one needs it."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_NEXT = "/2018-06-01/runtime/invocation/next"


class RuntimeAPI:
    """``invoke`` hands an event to whoever asks next and gives the answer."""

    def __init__(self) -> None:
        self.events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.asked = threading.Event()
        self._count = 0

    def invoke(self, event: Any, *, within: float = 30) -> Any:
        """The function's answer. Raises AssertionError with what it said instead."""
        self._count += 1
        self.events.put((f"invocation-{self._count}", event))
        kind, answer = self.answers.get(timeout=within)
        assert kind == "response", answer
        return answer


@contextmanager
def runtime_api() -> Iterator[tuple[RuntimeAPI, str]]:
    """The API and its address (host:port)."""
    api = RuntimeAPI()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            assert self.path == _NEXT
            api.asked.set()
            name, event = api.events.get()
            headers = {
                "Lambda-Runtime-Aws-Request-Id": name,
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f",
            }
            self._answer(200, json.dumps(event).encode(), headers)

        def do_POST(self) -> None:
            body = self._body()
            kind = self.path.rpartition("/")[2]
            self._answer(202, b"{}", {})
            api.answers.put((kind, json.loads(body)))

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            return body

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {
                    **headers,
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # The function went while it waited for the next event.

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base calls it so
            """Nothing: the test's own output says enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api, f"127.0.0.1:{server.server_address[1]}"
    finally:
        api.events.put(("over", {}))
        server.shutdown()
        thread.join()
        server.server_close()
