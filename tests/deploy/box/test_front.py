"""The front of the browser pass: which path goes where, and the page's headers as its build wrote them down."""

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chalicelib.api import front as product
from deploy.box.containers import FRONT_KEY
from deploy.box.front import ADDRESS_HEADER, HOST_HEADER, KEY_HEADER, Front, service_of

APIS = {"auth": "a1", "transfers": "t1", "notifications": "n1", "reporting": "r1"}
BUILT = {
    "routes": {"/": "/index.html", "/l": "/guest.html", "*": "/index.html"},
    "rules": [
        {"match": "/guest.html", "headers": {"Content-Security-Policy": "connect-src 'self'{blobs}", "Strict-Transport-Security": "max-age=1"}},
        {"match": "*", "headers": {"X-Content-Type-Options": "nosniff"}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/transfers/v1/transfers", ("transfers", "/v1/transfers")),
        ("/auth/v1/login", ("auth", "/v1/login")),
        ("/.well-known/jwks.json", ("auth", "/.well-known/jwks.json")),
        ("/p/token", ("auth", "/p/token")),
        ("/p/token/files", ("transfers", "/p/token/files")),
        ("/p/token/files/fi_1", ("transfers", "/p/token/files/fi_1")),
        ("/transfers", None),
        ("/transfers/tr_1/certificate", None),
        ("/l", None),
        ("/", None),
    ],
)
def test_services_and_screens_are_told_apart(path: str, found: tuple[str, str] | None) -> None:
    assert service_of(path) == found


class Behind(BaseHTTPRequestHandler):
    """Stands where the emulator would, and says what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = json.dumps({"path": self.path, "host": self.headers["host"], "body": body.decode()}).encode()
        self.send_response(201)
        self.send_header("set-cookie", "one=1; HttpOnly")
        self.send_header("set-cookie", "two=2")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "headers.json").write_text(json.dumps(BUILT))
    (folder / "index.html").write_text("<p>index")
    (folder / "guest.html").write_text("<p>guest")
    (folder / "assets/app.js").write_text("1")
    return folder


@pytest.fixture
def front(page: Path) -> Iterator[Front]:
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    try:
        with Front(page, APIS, emulator=f"127.0.0.1:{behind.server_address[1]}", blobs="http://localhost:9") as running:
            yield running
    finally:
        behind.shutdown()
        behind.server_close()


class Opening(BaseHTTPRequestHandler):
    """Stands where the container would: says what it was shown, or breaks off in the middle."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        shown = json.dumps({name: self.headers.get(name) for name in (KEY_HEADER, HOST_HEADER, "range")}).encode()
        self.send_response(206)
        self.send_header("content-disposition", "attachment")
        self.send_header("content-length", str(len(shown) + (5 if self.path.endswith("cut") else 0)))
        self.end_headers()
        self.wfile.write(shown)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def container(front: Front) -> Iterator[None]:
    opening = ThreadingHTTPServer(("127.0.0.1", 0), Opening)
    threading.Thread(target=opening.serve_forever, daemon=True).start()
    front.container = opening.server_address[1]
    yield
    opening.shutdown()
    opening.server_close()


def test_the_headers_are_those_that_the_product_looks_for() -> None:
    ours = (KEY_HEADER, HOST_HEADER, ADDRESS_HEADER)
    assert ours == (product.KEY_HEADER, product.HOST_HEADER, product.ADDRESS_HEADER)


def test_fetch_goes_to_the_container_with_the_front_s_key_and_host(front: Front, container: None) -> None:
    status, headers, body = ask(front, "GET", "/fetch/token")
    shown = json.loads(body)
    assert (status, shown[KEY_HEADER], shown[HOST_HEADER]) == (206, FRONT_KEY, "files.example")
    assert ("content-disposition", "attachment") in headers


def test_an_answer_that_breaks_off_breaks_off_for_the_client_too(front: Front, container: None) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(front, "GET", "/fetch/cut")


def test_without_a_container_the_client_is_told_to_come_again(front: Front) -> None:
    status, headers, _ = ask(front, "GET", "/fetch/token")
    assert (status, ("retry-after", "1") in headers) == (503, True)


def test_without_a_page_only_the_page_is_missing() -> None:
    with Front(None, APIS, emulator="127.0.0.1:9", blobs="http://localhost:9") as running:
        assert ask(running, "GET", "/")[0] == 404


def ask(front: Front, method: str, path: str, body: bytes | None = None) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    try:
        connection.request(method, path, body=body, headers={"host": "files.example"})
        answer = connection.getresponse()
        return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read()
    finally:
        connection.close()


def test_a_service_is_asked_at_its_own_api_with_the_host_of_the_visitor(front: Front) -> None:
    status, headers, body = ask(front, "POST", "/transfers/v1/transfers?limit=1", b"{}")
    assert status == 201
    asked = json.loads(body)
    assert asked == {
        "path": "/restapis/t1/api/_user_request_/v1/transfers?limit=1",
        "host": "files.example",
        "body": "{}",
    }
    assert [value for name, value in headers if name == "set-cookie"] == ["one=1; HttpOnly", "two=2"]


@pytest.mark.parametrize(("path", "text"), [("/l", b"<p>guest"), ("/", b"<p>index"), ("/transfers/tr_1", b"<p>index")])
def test_screens_come_from_the_page(front: Front, path: str, text: bytes) -> None:
    assert ask(front, "GET", path)[::2] == (200, text)


def test_the_page_s_headers_name_the_origin_of_signed_addresses_and_ask_for_no_tls(front: Front) -> None:
    headers = dict(ask(front, "GET", "/l")[1])
    assert headers["content-security-policy"] == "connect-src 'self' http://localhost:9"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "strict-transport-security" not in headers


def test_a_file_that_is_not_there_is_404_and_a_head_has_no_body(front: Front) -> None:
    assert ask(front, "GET", "/assets/none.js")[0] == 404
    status, headers, body = ask(front, "HEAD", "/assets/app.js")
    assert (status, body, dict(headers)["content-length"]) == (200, b"", "1")
    assert ask(front, "POST", "/", b"x")[0] == 404
