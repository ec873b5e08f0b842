"""``check`` finds each thing that is wrong with a host, says what it is and what to do."""

import json
import sqlite3
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from chalicelib.ports.record_store import ANY, Key, Put
from onprem.runtime.check import Finding, findings
from tests.postgresql import Cluster
from tests.service.runtime.certificate import self_made
from tests.service.runtime.processes import Install
from tests.smtp_server import closed_port, smtp_server


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """An install that nothing is wrong with, at an address where nothing listens yet."""
    made = Install(tmp_path, {"BASE_URL": f"http://127.0.0.1:{closed_port()}"})
    made.init()
    return made


def wrong(install: Install, **settings: str) -> dict[str, Finding]:
    """The faults by name; each has its hint."""
    install.extra.update(settings)
    context = install.context()
    found = {one.name: one for one in findings(context) if not one.ok}
    assert all(one.hint for one in found.values())
    return found


def test_a_good_install_passes_and_says_so(install: Install) -> None:
    done = install.run("check")
    assert done.returncode == 0, done.stdout
    answer = json.loads(done.stdout)
    assert answer["ok"] is True
    assert {one["name"] for one in answer["checks"]} >= {"folder", "schema", "clock", "mail", "address", "hosts"}


def test_before_init_nothing_is_there(tmp_path: Path) -> None:
    done = Install(tmp_path).run("check")
    found = {one["name"] for one in json.loads(done.stdout)["checks"] if not one["ok"]}
    assert done.returncode == 1
    assert {"folder", "schema", "keys"} <= found


def test_wrong_settings_are_a_finding(tmp_path: Path) -> None:
    done = Install(tmp_path, {"THREADS": "many", "MAIL": "pigeon"}).run("check")
    [found] = json.loads(done.stdout)["checks"]
    assert (done.returncode, found["name"], found["ok"]) == (1, "settings", False)
    assert "FUMIBAKO_THREADS" in found["detail"]
    assert "FUMIBAKO_MAIL" in found["detail"]
    assert "settings.md" in found["hint"]


def test_an_old_schema(install: Install) -> None:
    with sqlite3.connect(install.folder / "data" / "records.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    database.close()
    found = wrong(install)
    assert "different" in found["schema"].detail
    assert "migrate" in found["schema"].hint


def test_a_store_that_is_away(install: Install) -> None:
    url = f"postgresql+psycopg://fumibako:hunter2@127.0.0.1:{closed_port()}/records"
    found = wrong(install, STORE="postgresql", DATABASE_URL=url, WRAPPED_KEYS_URL=url.replace("records", "keys"))
    assert {"schema", "records", "wrapped_keys"} <= set(found)
    assert "hunter2" not in str(found)


def test_too_little_room(install: Install) -> None:
    found = wrong(install, MIN_FREE_BYTES=str(2**59))
    assert set(found) == {"blobs"}
    assert "store_full" in found["blobs"].detail


def test_a_keyring_that_others_can_read(install: Install) -> None:
    (install.folder / "data" / "keyring.json").chmod(0o644)
    assert "keyring_open_to_others" in wrong(install)["keys"].detail


def test_a_clock_behind_the_install_s_own_time(install: Install) -> None:
    context = install.context()
    ahead = context.clock.now_ms() + 3_600_000
    context.records.transact([Put(Key("clock#", "mark"), {"at": ahead}, ANY)])
    assert "behind" in wrong(install)["clock"].detail


@contextmanager
def web_server(date: str, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answers everything with 200 and this Date."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", date)
            self.send_header("Content-Length", "2")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(b"hi")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_clock_that_differs_from_the_blob_store_s(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with web_server("Thu, 01 Jan 2026 00:00:00 GMT") as port:
        s3 = {"S3_BUCKET": "files", "S3_ENDPOINT": f"http://127.0.0.1:{port}", "AWS_REGION": "eu-central-1"}
        found = wrong(install, BLOBS="s3", **s3)
    assert "The clock of s3 is" in found["clock"].detail
    assert "NTP" in found["clock"].hint


@pytest.mark.root
def test_the_clock_of_postgresql_is_asked(tmp_path: Path, postgresql_cluster: Cluster) -> None:
    names = [f"check_{kind}_{tmp_path.name[-20:]}".lower() for kind in ("records", "keys")]
    records, keys = [postgresql_cluster.create_database(name) for name in names]
    made = Install(tmp_path, {"STORE": "postgresql", "DATABASE_URL": records, "WRAPPED_KEYS_URL": keys})
    made.extra["BASE_URL"] = f"http://127.0.0.1:{closed_port()}"
    made.init()
    assert wrong(made) == {}


def test_a_mail_relay_that_is_unreachable_and_one_that_answers(install: Install) -> None:
    relay = {"MAIL": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none"}
    assert set(wrong(install, **relay, SMTP_PORT=str(closed_port()))) == {"mail"}
    with smtp_server() as server:
        assert wrong(install, SMTP_PORT=str(server.port)) == {}
        assert server.messages == []


def test_a_scanner_that_is_unreachable(install: Install) -> None:
    found = wrong(install, SCANNER="clamd", CLAMD_ADDRESS=f"127.0.0.1:{closed_port()}")
    assert set(found) == {"scanner"}
    assert "FUMIBAKO_CLAMD_ADDRESS" in found["scanner"].hint


def test_a_base_url_that_no_tenant_goes_by(install: Install) -> None:
    found = wrong(install, BASE_URL=f"http://127.0.0.1:{closed_port()}")
    assert set(found) == {"hosts"}
    assert "FUMIBAKO_BASE_URL" in found["hosts"].hint


def test_a_base_url_without_an_address(install: Install) -> None:
    assert "has no address" in wrong(install, BASE_URL="https://fumibako.invalid")["address"].detail


def test_a_base_url_that_a_stranger_answers(install: Install) -> None:
    with web_server("Thu, 01 Jan 2026 00:00:00 GMT") as port:
        found = wrong(install, BASE_URL=f"http://127.0.0.1:{port}")
    assert "something else" in found["address"].detail


def test_a_base_url_that_does_not_lead_to_the_runtime_that_serves(install: Install) -> None:
    with install.serving() as runtime:
        port = runtime.url.rpartition(":")[2]
        assert "does not answer" in wrong(install, LISTEN_PORT=port)["address"].detail
        assert set(wrong(install, BASE_URL=runtime.url)) == {"hosts"}


def test_a_certificate_that_nobody_trusts(install: Install) -> None:
    made = self_made(install.folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.certificate, made.key)
    with web_server("Thu, 01 Jan 2026 00:00:00 GMT", tls) as port:
        found = wrong(install, BASE_URL=f"https://localhost:{port}")
    assert "certificate" in found["address"].detail
