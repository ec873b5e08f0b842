"""What CloudFront does in an account: paths of services go to their REST APIs, /fetch/ to the container of compatible downloads, everything else is the page.

The page's files come with the headers that its build wrote down, as the web stack's response headers policies have them. Nothing is cached,
and nothing is said of CloudFront itself: its behaviours and policies are tested as templates.
"""

import http.client
import json
import mimetypes
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

from deploy.box.containers import FRONT_KEY

# As chalicelib.api.front has them; a test holds the two together.
KEY_HEADER: Final = "x-fumibako-front"
HOST_HEADER: Final = "x-fumibako-viewer-host"
ADDRESS_HEADER: Final = "x-fumibako-viewer-address"
_FETCH: Final = "/fetch/"
# Little is on its way at a time, so that a download of a few megabytes has a middle.
_ON_ITS_WAY: Final = 1 << 16
_PLAIN_FILES: Final = re.compile(r"/p/[^/]+/files(/.*)?")
_SERVICES: Final = ("auth", "transfers", "notifications", "reporting")
# Said by each connection for itself, or told anew.
_OWN: Final = frozenset(("connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"))
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm", ".json": "application/json"}


def service_of(path: str) -> tuple[str, str] | None:
    """(service, the path it is called with), or None for the page. Screens share their first step with /transfers; routes go on with /v1."""
    first, _, rest = path.lstrip("/").partition("/")
    if first in _SERVICES and (rest.startswith("v1/") or first == "auth"):
        return first, f"/{rest}"
    if _PLAIN_FILES.fullmatch(path):
        return "transfers", path
    if first in ("p", ".well-known", "scim"):
        return "auth", path
    return None


class Front:
    """``with Front(page, apis, emulator=..., blobs=...) as front``: serves on ``front.port`` until the block ends.

    ``page`` is the built page's folder, None where nobody looks at it; ``apis`` service -> id of its REST API, ``emulator`` host:port, ``blobs`` the
    origin of signed URLs. ``container`` is the port of the compatible downloads, which changes when one container takes over from another.
    """

    def __init__(self, page: Path | None, apis: Mapping[str, str], *, emulator: str, blobs: str) -> None:
        self.apis = dict(apis)
        self.emulator = emulator
        self.container = 0
        self._blobs = blobs
        self._built: dict[str, Any] = {"routes": {"*": ""}, "rules": []}
        self._files: dict[str, Path] = {}
        if page is not None:
            self._built = json.loads((page / "headers.json").read_text("utf-8"))
            self._files = {
                f"/{path.relative_to(page).as_posix()}": path for path in sorted(page.rglob("*")) if path.is_file()
            }
        front = self

        class Handler(_Handler):
            def answer(self) -> None:
                front.answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ON_ITS_WAY)
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="front", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: "_Handler") -> None:
        """Answer one request."""
        path, _, query = request.path.partition("?")
        if path.startswith(_FETCH):
            self._stream(request)
            return
        found = service_of(path)
        if found is None:
            self._serve_file(request, path)
            return
        service, rest = found
        behind = f"?{query}" if query else ""
        self._pass_on(request, f"/restapis/{self.apis[service]}/api/_user_request_{rest}{behind}")

    def _pass_on(self, request: "_Handler", target: str) -> None:
        length = int(request.headers.get("content-length") or 0)
        body = request.rfile.read(length) if length else None
        sent = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        connection = http.client.HTTPConnection(self.emulator, timeout=60)
        try:
            connection.request(request.command, target, body=body, headers=sent)
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OWN]
            request.say(answer.status, headers, answer.read())
        finally:
            connection.close()

    def _stream(self, request: "_Handler") -> None:
        """From the container, piece by piece, with what CloudFront adds; cut where it is cut."""
        sent = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        seen = {KEY_HEADER: FRONT_KEY, HOST_HEADER: request.headers["host"], ADDRESS_HEADER: request.client_address[0]}
        try:
            connection = _narrow(self.container)
        except OSError:
            request.say(503, [("retry-after", "1")], b"")
            return
        with closing(connection):
            connection.request(request.command, request.path, headers={**sent, **seen})
            answer = connection.getresponse()
            request.pass_on(answer, [one for one in answer.getheaders() if one[0].lower() not in _OWN])

    def _serve_file(self, request: "_Handler", path: str) -> None:
        name = self._file_of(path)
        if name not in self._files or request.command not in ("GET", "HEAD"):
            request.say(404, [("content-type", "text/plain")], b"There is no such page.")
            return
        rules = self._built["rules"]
        chosen: dict[str, str] = next((rule["headers"] for rule in rules if fnmatchcase(name, rule["match"])), {})
        # The box has no TLS: the header would send the browser to https.
        headers = [
            (key, value.replace("{blobs}", f" {self._blobs}"))
            for key, value in chosen.items()
            if key.lower() != "strict-transport-security"
        ]
        request.say(200, [*headers, ("content-type", _media_type(self._files[name]))], self._files[name].read_bytes())

    def _file_of(self, path: str) -> str:
        if path in self._files:
            return path
        found = self._built["routes"].get(path)
        if found is None and "." not in path.rsplit("/", 1)[-1]:
            found = self._built["routes"]["*"]
        return str(found or path)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Each front has its own."""

    def say(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """The whole answer."""
        with suppress(ConnectionError):  # a browser that is closed no longer waits
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def pass_on(self, answer: http.client.HTTPResponse, headers: list[tuple[str, str]]) -> None:
        """An answer as it comes. One that ends early ends the connection early, so that nobody takes it for whole."""
        self.close_connection = True
        with suppress(OSError, http.client.HTTPException):
            self.send_response_only(answer.status)
            for name, value in [*headers, ("content-length", answer.headers["content-length"] or "0")]:
                self.send_header(name, value)
            self.end_headers()
            while self.command != "HEAD" and (piece := answer.read(_ON_ITS_WAY)):
                self.wfile.write(piece)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Links and codes are in addresses: nothing is logged."""

    def do_GET(self) -> None:
        self.answer()

    # The base class looks for one method of each name.
    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815


def _narrow(port: int) -> http.client.HTTPConnection:
    """A connection that takes little ahead. Raises OSError where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ON_ITS_WAY)
    taken.settimeout(120)
    try:
        taken.connect(("127.0.0.1", port))
    except OSError:
        taken.close()
        raise
    connection.sock = taken
    return connection


def _media_type(path: Path) -> str:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed in ("text/html", "text/css") else guessed
