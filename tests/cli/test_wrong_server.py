"""Something answers at the address, but it is not Fumibako: said as that, soon, and neither a password nor a token goes anywhere else."""

import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.transcript import refused
from tests.e2e.support.people import Person
from tests.service.runtime.certificate import self_made

pytestmark = pytest.mark.slow
LOGIN = ("--email", "a@acme.example", "--password-file", "-")
PASSWORD = "the password of a person"
TOKEN = "acme.token-of-a-person"
HTML, JSON = "text/html", "application/json"
MIB = 1 << 20


@dataclass
class Stranger:
    """Answers every request alike, and remembers what it was told."""

    status: int = 200
    kind: str = HTML
    body: str = "<html>It works!</html>"
    location: str = ""
    told: list[str] = field(default_factory=list)
    url: str = ""

    endless: str = ""

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", "0")))
        self.told.append(f"{request.requestline}\n{request.headers}\n{body.decode()}")
        request.send_response(self.status)
        if self.location:
            request.send_header("Location", self.location + request.path)
        request.send_header("Content-Type", self.kind)
        if self.endless:
            self.go_on(request)
            return
        request.send_header("Content-Length", str(len(self.body.encode())))
        request.end_headers()
        request.wfile.write(self.body.encode())

    def go_on(self, request: BaseHTTPRequestHandler) -> None:
        """Text without end, until the client hangs up."""
        piece = b'{"items": "' + b"x" * MIB
        if self.endless == "gzip":
            request.send_header("Content-Encoding", "gzip")
            piece = gzip.compress(b"x" * 16 * MIB)  # members one after another are one stream (RFC 1952 2.2)
        request.end_headers()
        with suppress(OSError):
            while True:
                request.wfile.write(piece)


@contextmanager
def answering(stranger: Stranger, tls: ssl.SSLContext | None = None) -> Iterator[Stranger]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            stranger.serve(self)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815  # http.server asks for them

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """Somebody who speaks no TLS to a server that does is what some of these tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        stranger.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
        yield stranger
        server.shutdown()


STRANGERS = {
    "a web server": (404, HTML, "<html>Not Found</html>"),
    "a page for everything": (200, HTML, "<html>It works!</html>"),
    "another API": (200, JSON, '{"hello": "world"}'),
    "a list": (200, JSON, "[1, 2, 3]"),
    "no JSON after all": (200, JSON, "<html>"),
    "nothing at all": (200, JSON, ""),
    "another API that refuses": (403, JSON, '{"error": "forbidden"}'),
    "another API that knows no such path": (404, JSON, '{"message": "no Route matched"}'),
    "a door": (401, HTML, "<html>Who are you?</html>"),
    "texts where there are numbers": (200, JSON, '{"access_token": 7, "expires_in": "soon", "items": "none"}'),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_what_is_not_fumibako_is_said_so(tmp_path: Path, kind: str) -> None:
    status, media_type, body = STRANGERS[kind]
    with answering(Stranger(status, media_type, body)) as there:
        person = Person(tmp_path / "one")
        refused(person.attempt("login", there.url, *LOGIN, given=PASSWORD + "\n"), 7, "server_wrong")
        refused(person.attempt("get", f"{there.url}/l#acme.{'A' * 43}", "-o", str(tmp_path / "in")), 7, "server_wrong")
        signed_in = Person(tmp_path / "two", FUMIBAKO_URL=there.url, FUMIBAKO_TOKEN=TOKEN)
        refused(signed_in.attempt("list"), 7, "server_wrong")
    assert not list(tmp_path.rglob("credentials.json"))
    assert not (tmp_path / "in").exists()


def test_nobody_is_sent_elsewhere_with_a_password_or_a_token(tmp_path: Path) -> None:
    with answering(Stranger()) as elsewhere, answering(Stranger(307, HTML, "", elsewhere.url)) as there:
        login = Person(tmp_path / "one").attempt("login", there.url, *LOGIN, given=PASSWORD + "\n")
        refused(login, 7, "server_wrong")
        signed_in = Person(tmp_path / "two", FUMIBAKO_URL=there.url, FUMIBAKO_TOKEN=TOKEN)
        refused(signed_in.attempt("list"), 7, "server_wrong")
        assert any(PASSWORD in one for one in there.told)
        assert elsewhere.told == []


def test_tls_where_there_is_none_and_none_where_there_is(tmp_path: Path) -> None:
    made = self_made(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    with answering(Stranger()) as plain, answering(Stranger(), context) as secured:
        for url in (plain.url.replace("http:", "https:"), secured.url.replace("https:", "http:")):
            person = Person(tmp_path / "one", SSL_CERT_FILE=str(made.certificate))
            ended = person.attempt("login", url, *LOGIN, given=PASSWORD + "\n")
            refused(ended, 7, "(network|tls_untrusted|server_wrong)")
        assert not any(PASSWORD in one for one in plain.told + secured.told)


def test_a_name_that_nobody_has(tmp_path: Path) -> None:
    """RFC 6761 6.4: ``.invalid`` has no address anywhere."""
    ended = Person(tmp_path).attempt("login", "https://files.invalid", *LOGIN, given=PASSWORD + "\n")
    refused(ended, 7, "network")


def test_with_json_a_stranger_is_one_object(tmp_path: Path) -> None:
    with answering(Stranger()) as there:
        ended = Person(tmp_path, FUMIBAKO_URL=there.url, FUMIBAKO_TOKEN=TOKEN).attempt("list", "--json")
    said = json.loads(ended.stderr)
    assert (said["error"]["code"] if "error" in said else said["code"], ended.returncode, ended.stdout) == (
        "server_wrong",
        7,
        "",
    )
    assert TOKEN not in ended.stderr


@pytest.mark.parametrize("endless", ["plain", "gzip"])
def test_an_answer_without_end_fills_no_memory(tmp_path: Path, endless: str) -> None:
    peak = tmp_path / "peak"
    measured = {"module": "tests.e2e.support.measured_client", "PEAK_MEMORY": str(peak)}
    with answering(Stranger(kind=JSON, endless=endless)) as there:
        person = Person(tmp_path / "home", FUMIBAKO_URL=there.url, FUMIBAKO_TOKEN=TOKEN, **measured)
        refused(person.attempt("list"), 7, "server_wrong")
    assert int(peak.read_text()) < 300 * MIB
