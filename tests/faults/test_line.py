"""The line does what is asked of it: else a fault that never struck would look like one that was survived."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.e2e.support.ports import reserved_port
from tests.faults.line.acts import Act, Answer, Cut, Exchange, Silence
from tests.faults.line.line import Line
from tests.faults.line.pace import Pace

BODY = bytes(range(256)) * 4096


class Echo(BaseHTTPRequestHandler):
    """GET gives BODY, PUT counts what came."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.answer(BODY)

    def do_PUT(self) -> None:
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # cut
        self.server.got.append(body)  # type: ignore[attr-defined]
        self.answer(str(len(body)).encode())

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Once:
    """Strikes the first exchange only."""

    act: Act
    seen: list[Exchange] = field(default_factory=list)

    def begins(self, exchange: Exchange) -> Act | None:
        self.seen.append(exchange)
        return self.act if len(self.seen) == 1 else None

    def connects(self) -> bool:
        return True


@contextmanager
def line(act: Act | None = None, **how: Any) -> Iterator[tuple[Line, str, list[bytes]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    server.got = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    port = reserved_port()
    try:
        with Line(port, server.server_address[1], **how) as found:
            if act is not None:
                found.weather = Once(act)
            yield found, f"http://127.0.0.1:{port}/blobs/x", server.got  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def test_a_fair_line_changes_nothing_and_counts() -> None:
    with line() as (found, url, got), httpx.Client() as client:
        assert client.get(url).content == BODY
        assert client.put(url, content=BODY).text == str(len(BODY))
        assert got == [BODY]
        assert [(one.method, one.up, one.down, one.whole) for one in found.exchanges] == [
            ("GET", 0, len(BODY), True),
            ("PUT", len(BODY), 7, True),
        ]
        assert found.connections == 1


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("where", ["request", "answer", "unheard"])
def test_a_cut_falls_where_it_is_asked_for(where: Any, reset: bool) -> None:
    act = Cut(where, 100_000 if where == "request" else 3, reset=reset)
    with line(act) as (found, url, got), httpx.Client() as client:
        with pytest.raises(httpx.TransportError):
            client.put(url, content=BODY)
        assert client.put(url, content=BODY).status_code == 200, "the next one passes"
        assert len(got) == (1 if where == "request" else 2)
        assert [one.struck for one in found.exchanges] == [True, False]
        assert found.exchanges[0].down == (3 if where == "answer" else 0)


def test_bytes_of_an_answer_are_cut_where_it_is_asked_for() -> None:
    with line(Cut("answer", 300_000, reset=False)) as (found, url, _), httpx.Client() as client:
        came: list[bytes] = []
        with client.stream("GET", url) as answer, pytest.raises(httpx.RemoteProtocolError):
            came.extend(answer.iter_raw())
        assert b"".join(came) == BODY[:300_000]
        assert found.exchanges[0].down == 300_000


def test_somebody_else_answers_and_the_server_never_hears() -> None:
    with line(Answer(503, b"busy", (("retry-after", "1"),))) as (_, url, got), httpx.Client() as client:
        answer = client.put(url, content=BODY)
        assert (answer.status_code, answer.headers["retry-after"], got) == (503, "1", [])
        assert client.put(url, content=BODY).status_code == 200


def test_the_portal_answers_everything_at_once() -> None:
    with line() as (found, url, got), httpx.Client() as client:
        found.portal = True
        assert client.get(url).headers["content-type"].startswith("text/html")
        found.portal = False
        assert client.get(url).content == BODY
        assert got == []


def test_silence_ends_without_an_answer() -> None:
    with line(Silence(0.05)) as (_, url, got), httpx.Client() as client:
        with pytest.raises(httpx.TransportError):
            client.get(url)
        assert got == []


def test_a_connection_lives_as_long_as_it_is_said() -> None:
    slow = line(pace=Pace(rate=len(BODY)), life=0.3)
    with slow as (_, url, _), httpx.Client() as client, pytest.raises(httpx.TransportError):
        client.get(url)


def test_a_slow_and_far_line_takes_its_time() -> None:
    with line(pace=Pace(rate=4 * len(BODY), delay=0.1)) as (_, url, _), httpx.Client() as client:
        since = time.monotonic()
        assert client.get(url).content == BODY
        # A quarter of a second for the bytes; there and back for the connection, and once more for the exchange.
        assert time.monotonic() - since >= 0.6
