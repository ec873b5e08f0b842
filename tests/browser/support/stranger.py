"""Another site, as an attacker would keep one: documents of a test's own under another origin of this machine."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Stranger:
    """``with Stranger() as stranger``: ``stranger.documents["/evil"] = html``, then go to ``stranger.url + "/evil"``.

    ``host`` is ``127.0.0.1`` for another origin of the same site (cookies with SameSite travel), ``localhost`` for another site.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.documents: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="stranger", daemon=True)
        self.url = f"http://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        documents = self.documents

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = documents.get(self.path, "").encode()
                # Chromium asks for an icon too, and a test's console is to stay empty.
                self.send_response(200 if body else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name the base class gives it
                """Say nothing."""

        return Handler
