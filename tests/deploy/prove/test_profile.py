"""Clients and fetches of the real source."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.errors import Refused
from deploy.prove.profile import ProfileSource, profile_clients
from tests.deploy.prove.replay import trial


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/led" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Set-Cookie", "secret=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _nobody(*names: object, **more: object) -> object:
    raise AssertionError("no client is needed")


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("", 200), ("/led", 302)])
def test_a_fetch_keeps_status_and_headers_of_safety_and_follows_nothing(page: str, path: str, status: int) -> None:
    answer = ProfileSource(_nobody).fetch(page + path)
    assert answer["status"] == status
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer["headers"]


def test_nobody_there_is_an_os_error(unused_tcp_port: int) -> None:
    with pytest.raises(OSError, match="refused"):
        ProfileSource(_nobody).fetch(f"http://127.0.0.1:{unused_tcp_port}/")


def test_a_client_is_made_once_for_a_place_and_without_tls_apart() -> None:
    made: list[tuple[str, str, bool]] = []

    def clients(service: str, *, region_name: str, use_ssl: bool, config: object) -> object:
        made.append((service, region_name, use_ssl))
        return object()

    source = ProfileSource(clients)
    ask = {"region": "ap-northeast-1", "credentials": None}
    first = source.client("s3", tls=True, **ask)
    assert source.client("s3", tls=True, **ask) is first
    assert source.client("s3", tls=False, **ask) is not first
    assert made == [("s3", "ap-northeast-1", True), ("s3", "ap-northeast-1", False)]


def test_a_tenants_session_signs_with_its_own_credentials() -> None:
    credentials = {"AccessKeyId": "one", "SecretAccessKey": "two", "SessionToken": "three"}
    client = ProfileSource(_nobody).client("dynamodb", region="ap-northeast-1", credentials=credentials, tls=True)
    assert client._request_signer._credentials.access_key == "one"
    assert client._request_signer._credentials.token == "three"
    assert client.meta.region_name == "ap-northeast-1"


def test_a_profile_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("aws") / "config"))
    with pytest.raises(Refused) as refused:
        profile_clients(trial(), "nobody")
    assert refused.value.code == "credentials_missing"
