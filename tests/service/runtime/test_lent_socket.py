"""Large bodies, which go between socket and file without the server between: what HTTP promises holds all the same."""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from onprem.runtime import byte_socket
from onprem.runtime.byte_receiving import Receiving
from tests.service.runtime.byte_server import REF, ByteServer, Patience, byte_server
from tests.service.runtime.certificate import self_made
from tests.service.runtime.processes import wait_until

MIB = 1024**2
PART = os.urandom(5 * MIB + 3)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ByteServer]:
    with byte_server(tmp_path) as started:
        yield started


@contextmanager
def connected(server: ByteServer) -> Iterator[socket.socket]:
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), 30) as made:
        yield made


def put_head(url: str, size: int, *more: str) -> bytes:
    parts = urlsplit(url)
    lines = [f"PUT {parts.path}?{parts.query} HTTP/1.1", "Host: x", f"Content-Length: {size}", *more, "", ""]
    return "\r\n".join(lines).encode()


def get_head(url: str, first: int, last: int) -> bytes:
    parts = urlsplit(url)
    return f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nRange: bytes={first}-{last}\r\n\r\n".encode()


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next answer; not a byte more is read."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, bytes(head)
        head += byte
    length = re.search(rb"content-length: (\d+)", head)
    left = int(length[1]) if length else 0
    body = bytearray()
    while len(body) < left:
        chunk = connection.recv(min(MIB, left - len(body)))
        assert chunk
        body += chunk
    return int(head.split()[1]), bytes(body)


def blob(server: ByteServer) -> str:
    assert httpx.put(server.put_url(len(PART)).url, content=PART).status_code == 200
    return server.get_url(server.store.complete(REF, "parts", sizes=[len(PART)]).version)


def stored(server: ByteServer, size: int) -> bytes:
    version = server.store.complete(REF, "parts", sizes=[size]).version
    return b"".join(server.store.read(REF, version, offset=0, length=size))


def test_one_connection_takes_parts_and_small_requests_one_after_another(server: ByteServer) -> None:
    with connected(server) as connection:
        for number in (1, 2):
            url = server.put_url(len(PART), number=number).url
            connection.sendall(put_head(url, len(PART)) + PART)
            assert answer(connection) == (200, b"")
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answer(connection)[0] == 200
    assert server.sizes() == [len(PART), len(PART)]


def test_a_head_right_behind_a_body_is_the_next_request(server: ByteServer) -> None:
    url = server.put_url(len(PART)).url
    with connected(server) as connection:
        connection.sendall(put_head(url, len(PART)) + PART + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [answer(connection)[0], answer(connection)[0]] == [200, 200]
    assert stored(server, len(PART)) == PART


def test_answers_to_heads_sent_together_come_in_their_order(server: ByteServer) -> None:
    url = blob(server)
    spans = [(0, 2 * MIB), (3, 400_000), (MIB, len(PART) - 1), (5, 9), (0, len(PART) - 1)]
    with connected(server) as connection:
        connection.sendall(b"".join(get_head(url, *span) for span in spans))
        for first, last in spans:
            assert answer(connection) == (206, PART[first : last + 1])


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server: ByteServer) -> None:
    with connected(server) as connection:
        connection.sendall(put_head(server.put_url(len(PART)).url, len(PART), "Expect: 100-continue"))
        assert answer(connection) == (100, b"")
        connection.sendall(PART)
        assert answer(connection) == (200, b"")
    assert stored(server, len(PART)) == PART


@pytest.mark.parametrize("sent", [1, 300_000, MIB + 1])
def test_a_large_body_that_stops_is_a_408_and_leaves_nothing(tmp_path: Path, sent: int) -> None:
    with byte_server(tmp_path, Patience(idle=0.3)) as server, connected(server) as connection:
        connection.sendall(put_head(server.put_url(len(PART)).url, len(PART)) + PART[:sent])
        status, body = answer(connection)
        assert (status, b'"code":"body_slow"' in body) == (408, True)
        assert server.sizes() == []


def test_a_slow_body_moves_though_it_never_fills_what_the_socket_wakes_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[int] = []
    receive = byte_socket.LentSocket.receive

    def noted(*arguments: object) -> int:
        moved.append(receive(*arguments))  # type: ignore[arg-type]
        return moved[-1]

    monkeypatch.setattr(byte_socket.LentSocket, "receive", noted)
    with byte_server(tmp_path, Patience(idle=5, ask=0.05)) as server, connected(server) as connection:
        connection.sendall(put_head(server.put_url(len(PART)).url, len(PART)))
        wait_until(lambda: bool(moved), "the socket is lent")
        for at in range(0, 400_000, 100_000):
            before = sum(moved)
            connection.sendall(PART[at : at + 100_000])
            wait_until(lambda before=before: sum(moved) > before, "the bytes were taken")  # type: ignore[misc]
        connection.sendall(PART[400_000:])
        assert answer(connection) == (200, b"")
        assert stored(server, len(PART)) == PART


def test_a_body_slower_than_the_slowest_is_given_up_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = Receiving.__post_init__

    def hurried(self: Receiving) -> None:
        started(self)
        self._deadline = self._loop.time() + 0.3

    monkeypatch.setattr(Receiving, "__post_init__", hurried)
    with byte_server(tmp_path, Patience(ask=0.05)) as server, connected(server) as connection:
        connection.sendall(put_head(server.put_url(len(PART)).url, len(PART)) + PART[:MIB])
        assert answer(connection)[0] == 408
        assert server.sizes() == []


def test_a_transfer_that_closes_cuts_a_large_part_under_way(tmp_path: Path) -> None:
    with byte_server(tmp_path, Patience(ask=0.05)) as server, connected(server) as connection:
        connection.sendall(put_head(server.put_url(len(PART)).url, len(PART)) + PART[:MIB])
        wait_until(lambda: len(server.asked) > 1, "the gate was asked again")
        server.closed.append(REF.transfer)
        assert b'"code":"gone"' in answer(connection)[1]
        assert server.sizes() == []


def test_a_stop_lets_a_large_part_end(tmp_path: Path) -> None:
    with byte_server(tmp_path) as server, connected(server) as connection:
        connection.sendall(put_head(server.put_url(len(PART)).url, len(PART)) + PART[:MIB])
        wait_until(lambda: bool(server.asked), "the part is under way")
        server.stop()
        connection.sendall(PART[MIB:])
        assert answer(connection) == (200, b"")
        assert connection.recv(1) == b""
    assert server.sizes() == [len(PART)]


def test_over_tls_the_same_bytes_go_and_come(tmp_path: Path) -> None:
    certificate = self_made(tmp_path)
    trusted = ssl.create_default_context(cafile=str(certificate.certificate))
    with byte_server(tmp_path, tls=certificate) as server, httpx.Client(verify=trusted) as client:
        assert client.put(server.put_url(len(PART)).url, content=PART).status_code == 200
        url = server.get_url(server.store.complete(REF, "parts", sizes=[len(PART)]).version)
        assert client.get(url).content == PART
        assert client.get(url, headers={"Range": "bytes=9-2000008"}).content == PART[9:2_000_009]


def test_a_file_that_shrank_cuts_the_answer(server: ByteServer) -> None:
    url = blob(server)
    [part] = Path(server.store._layout.root).rglob("p.*")
    os.truncate(part, MIB)
    with connected(server) as connection:
        connection.sendall(get_head(url, 0, len(PART) - 1))
        assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 206"
        got = bytearray()
        while chunk := connection.recv(MIB):
            got += chunk
    assert bytes(got).endswith(PART[MIB - 100 : MIB])
    assert len(got) < MIB + 2000


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_no_descriptor_is_left_open(server: ByteServer) -> None:
    url = blob(server)
    before = descriptors()
    with connected(server) as connection:
        for _ in range(20):
            connection.sendall(get_head(url, 0, MIB))
            answer(connection)
        cut = server.put_url(len(PART), number=2).url
        connection.sendall(put_head(cut, len(PART)) + PART[:MIB])
    wait_until(lambda: descriptors() <= before, "all are closed")
