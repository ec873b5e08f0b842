"""Clients that only hold on: heads that never end, bodies that stop, answers that nobody reads, streams whose transfer closes."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.service.runtime.byte_server import REF, ByteServer, Patience, byte_server
from tests.service.runtime.processes import wait_until

LARGE = 32 * 1024**2


@contextmanager
def connected(server: ByteServer, *, receive_buffer: int = 0) -> Iterator[socket.socket]:
    parts = urlsplit(server.url)
    with socket.socket() as made:
        made.settimeout(30)
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.connect((parts.hostname, parts.port))
        yield made


def until_closed(connection: socket.socket) -> bytes:
    """Everything that still comes; a reset is an end as well."""
    got = bytearray()
    try:
        while chunk := connection.recv(1024**2):
            got += chunk
    except ConnectionResetError:
        pass
    return bytes(got)


def large_blob(server: ByteServer) -> str:
    """The address of a blob that no socket buffer holds."""
    signed = server.put_url(LARGE)
    assert httpx.put(signed.url, content=bytes(LARGE), headers=signed.headers).status_code == 200
    stored = server.store.complete(REF, "parts", sizes=[LARGE])
    return server.get_url(stored.version)


def asked_for(url: str) -> bytes:
    parts = urlsplit(url)
    return f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def requests(server: ByteServer, method: str) -> float:
    families = [one for one in server.host.metrics.registry.collect() if one.name == "fumibako_requests"]
    samples = [sample for one in families for sample in one.samples if sample.name.endswith("_total")]
    return sum(sample.value for sample in samples if sample.labels["method"] == method)


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"\r\n"])
def test_a_head_that_does_not_end_in_time_is_cut(tmp_path: Path, sent: bytes) -> None:
    with byte_server(tmp_path, Patience(head=0.3)) as server, connected(server) as connection:
        connection.sendall(sent)
        assert until_closed(connection) == b""


def test_the_deadline_holds_for_the_second_head_of_a_connection_too(tmp_path: Path) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with byte_server(tmp_path, Patience(head=0.5)) as server, connected(server) as connection:
        connection.sendall(whole)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(whole[:10])
        assert until_closed(connection) == b""


def test_a_head_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with byte_server(tmp_path) as server, connected(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 33_000)
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"headers_too_large"' in answer


def test_a_whole_head_that_is_too_large_is_a_431(tmp_path: Path) -> None:
    with byte_server(tmp_path) as server:
        answer = httpx.get(server.url + "/healthz", headers={"X-Long": "x" * 33_000})
        fits = httpx.get(server.url + "/healthz", headers={"X-Long": "x" * 30_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
    assert (answer.headers["connection"], fits.status_code) == ("close", 200)


def test_a_request_of_two_hosts_is_nobodys(tmp_path: Path) -> None:
    with byte_server(tmp_path) as server, connected(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n")
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert b'"code":"host_unknown"' in answer


def test_a_body_that_stops_is_a_408_and_leaves_nothing(tmp_path: Path) -> None:
    with byte_server(tmp_path, Patience(idle=0.3)) as server:
        parts = urlsplit(server.put_url(10).url)
        with connected(server) as connection:
            head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
            connection.sendall(head.encode() + b"12345")
            answer = until_closed(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"body_slow"' in answer
        assert server.sizes() == []


def test_a_client_that_stops_reading_is_cut_and_holds_no_thread(tmp_path: Path) -> None:
    with byte_server(tmp_path, Patience(stall=0.5)) as server:
        url = large_blob(server)
        with connected(server, receive_buffer=65_536) as connection:
            connection.sendall(asked_for(url))
            assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
            wait_until(lambda: requests(server, "GET") == 1, "the answer was given up")
            assert len(until_closed(connection)) < LARGE


def test_a_client_that_leaves_stops_the_reading(tmp_path: Path) -> None:
    with byte_server(tmp_path) as server:
        url = large_blob(server)
        with connected(server, receive_buffer=65_536) as connection:
            connection.sendall(asked_for(url))
            assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        wait_until(lambda: requests(server, "GET") == 1, "the answer was given up")
        sent = server.host.metrics.registry.get_sample_value("fumibako_blob_bytes_sent_total") or 0
        assert sent < LARGE / 2


def test_a_transfer_that_closes_cuts_the_answer_under_way(tmp_path: Path) -> None:
    with byte_server(tmp_path, Patience(ask=0.2)) as server:
        url = large_blob(server)
        with connected(server, receive_buffer=65_536) as connection:
            connection.sendall(asked_for(url))
            assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
            server.closed.append(REF.transfer)
            wait_until(lambda: requests(server, "GET") == 1, "the answer was cut")
            assert len(until_closed(connection)) < LARGE


def test_a_transfer_that_closes_cuts_a_reader_that_keeps_reading(tmp_path: Path) -> None:
    with byte_server(tmp_path, Patience(ask=0.1)) as server:
        url = large_blob(server)
        got = 0
        with pytest.raises(httpx.TransportError), httpx.stream("GET", url) as answer:  # noqa: PT012  # read until it breaks
            for chunk in answer.iter_raw(65_536):
                got += len(chunk)
                if got > LARGE // 4:
                    server.closed[:] = [REF.transfer]
                    time.sleep(0.005)
        assert got < LARGE


def test_a_transfer_that_closes_cuts_a_part_under_way(tmp_path: Path) -> None:
    with byte_server(tmp_path, Patience(ask=0.05)) as server:
        parts = urlsplit(server.put_url(10).url)
        with connected(server) as connection:
            head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
            connection.sendall(head.encode() + b"12345")
            wait_until(lambda: len(server.asked) > 1, "the gate was asked again")
            server.closed.append(REF.transfer)
            answer = until_closed(connection)
        assert b'"code":"gone"' in answer
        assert server.sizes() == []
