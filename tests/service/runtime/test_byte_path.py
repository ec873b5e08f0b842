"""Signed URLs over real HTTP: PUT, GET, HEAD, ranges, refusals, cut connections."""

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from chalicelib.ports.record_store import ANY
from chalicelib.stores.tenant_store import put_ops
from onprem.runtime import asgi_messages
from tests.service.runtime.byte_server import REF, ByteServer, byte_server
from tests.service.runtime.processes import wait_until
from tests.unit.use_cases.sending import tenant_settings

CONTENT = os.urandom(3 * 1024**2 + 17)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ByteServer]:
    with byte_server(tmp_path) as started:
        yield started


@pytest.fixture
def blob(server: ByteServer) -> str:
    """The address of a finished blob of two parts."""
    for number, part in ((1, CONTENT[: 2 * 1024**2]), (2, CONTENT[2 * 1024**2 :])):
        signed = server.put_url(len(part), number=number)
        answer = httpx.put(signed.url, content=part, headers=signed.headers)
        assert (answer.status_code, answer.headers["etag"][0]) == (200, '"')
    stored = server.store.complete(REF, "parts", sizes=[2 * 1024**2, len(CONTENT) - 2 * 1024**2])
    return server.get_url(stored.version)


def test_what_was_put_is_got(blob: str) -> None:
    answer = httpx.get(blob)
    assert answer.content == CONTENT
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2097150-2097153", 2_097_150, 2_097_154),
        ("bytes=3000000-", 3_000_000, len(CONTENT)),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT)),
    ],
)
def test_a_range_is_a_206_with_its_place(blob: str, asked: str, start: int, end: int) -> None:
    answer = httpx.get(blob, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"


def test_a_range_outside_is_a_416_with_the_size(blob: str) -> None:
    answer = httpx.get(blob, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_wrong")
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_if_range_sends_the_whole_when_the_version_differs(blob: str) -> None:
    etag = httpx.head(blob).headers["etag"]
    same = httpx.get(blob, headers={"Range": "bytes=0-1", "If-Range": etag})
    other = httpx.get(blob, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (same.status_code, other.status_code, len(other.content)) == (206, 200, len(CONTENT))


def test_head_tells_the_size_without_the_bytes(blob: str) -> None:
    answer = httpx.head(blob)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(CONTENT))


def test_an_empty_part_is_stored_and_got(server: ByteServer) -> None:
    assert httpx.put(server.put_url(0).url, content=b"").status_code == 200
    stored = server.store.complete(REF, "parts", sizes=[0])
    answer = httpx.get(server.get_url(stored.version))
    assert (answer.status_code, answer.content) == (200, b"")


def chunks(total: int) -> Iterator[bytes]:
    yield b"x" * total


@pytest.mark.parametrize(
    ("signed", "sent", "status", "code"),
    [(10, 9, 400, "length_wrong"), (10, 11, 400, "length_wrong"), (10, 0, 400, "length_wrong")],
)
def test_another_length_than_the_signed_one_is_refused(
    server: ByteServer, signed: int, sent: int, status: int, code: str
) -> None:
    answer = httpx.put(server.put_url(signed).url, content=b"x" * sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert server.sizes() == []


def test_a_body_without_its_length_is_refused(server: ByteServer) -> None:
    answer = httpx.put(server.put_url(10).url, content=chunks(10))
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert server.sizes() == []


def test_changed_and_expired_urls_are_refused(server: ByteServer) -> None:
    signed = server.put_url(3).url
    changed = httpx.put(signed.replace("n=1", "n=2"), content=b"abc")
    used_otherwise = httpx.get(signed)
    server.context.clock.advance(60_000)
    expired = httpx.put(signed, content=b"abc")
    assert [(answer.status_code, answer.json()["code"]) for answer in (changed, used_otherwise, expired)] == [
        (403, "url_invalid"),
        (403, "url_invalid"),
        (403, "url_expired"),
    ]
    assert httpx.post(signed).status_code == 405
    assert server.sizes() == []


def test_who_sends_on_after_a_refusal_still_reads_it(server: ByteServer) -> None:
    """More than any socket buffers: were the connection closed at once, a reset would meet what is still being sent."""
    size = 48 * 1024**2
    signed = urlsplit(server.put_url(size).url + "x")
    head = f"PUT {signed.path}?{signed.query} HTTP/1.1\r\nHost: {signed.netloc}\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection((signed.hostname or "", signed.port or 0), timeout=10) as line:
        line.sendall(head.encode())
        for _ in range(48):
            line.sendall(bytes(1024**2))
        answer = b""
        while more := line.recv(65_536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"connection: close" in answer.lower()
    assert b'"code":"url_invalid"' in answer.replace(b" ", b"")


def test_who_stops_sending_after_a_refusal_is_let_go(server: ByteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_messages, "LINGER_IDLE_SECONDS", 0.2)
    signed = urlsplit(server.put_url(1024**2).url + "x")
    head = f"PUT {signed.path}?{signed.query} HTTP/1.1\r\nHost: {signed.netloc}\r\nContent-Length: {1024**2}\r\n\r\n"
    with socket.create_connection((signed.hostname or "", signed.port or 0), timeout=10) as line:
        line.sendall(head.encode())
        assert line.recv(65_536).startswith(b"HTTP/1.1 403 ")
        while line.recv(65_536):
            pass


def test_a_closed_transfer_takes_and_gives_nothing(server: ByteServer, blob: str) -> None:
    server.closed.append(REF.transfer)
    assert httpx.get(blob).json()["code"] == "gone"
    assert httpx.put(server.put_url(3, number=3).url, content=b"abc").json()["code"] == "gone"


def test_a_destroyed_blob_is_not_found(server: ByteServer, blob: str) -> None:
    server.store.destroy(REF.tenant, REF.transfer)
    answer = httpx.get(blob)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_cut_upload_leaves_nothing(server: ByteServer) -> None:
    size = 4 * 1024**2
    parts = urlsplit(server.put_url(size).url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * (3 * 1024**2))
    folder = Path(server.store._layout.root)
    wait_until(
        lambda: server.host.metrics.registry.get_sample_value("fumibako_requests_total", CUT) == 1.0, "it was noticed"
    )
    assert server.sizes() == []
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 1024


CUT = {"service": "blobs", "route": "", "method": "PUT", "status": "499"}


def test_a_blob_that_shrinks_while_it_is_sent_cuts_the_connection(server: ByteServer, blob: str) -> None:
    part = max(
        (path for path in Path(server.store._layout.root).rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    os.truncate(part, 100)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(blob)


def exposed(answer: httpx.Response) -> set[str]:
    return set(answer.headers.get("access-control-expose-headers", "").lower().split(", "))


def test_the_page_may_read_etag_range_and_refusals(server: ByteServer, blob: str) -> None:
    """What a browser shows to scripts of a tenant's own page, on its own host or on the one of its base address."""
    context = server.context
    own = replace(tenant_settings(), base_url="https://files.acme.example")
    context.records.transact(put_ops(own, expect=ANY))
    for origin in (server.url, own.base_url):
        ranged = httpx.get(blob, headers={"Origin": origin, "Range": "bytes=0-9"})
        put = httpx.put(server.put_url(3, number=3).url, content=b"abc", headers={"Origin": origin})
        refused = httpx.get(blob[:-3] + "AAA", headers={"Origin": origin})
        assert (ranged.status_code, put.status_code, refused.status_code) == (206, 409, 403)
        for answer in (ranged, put, refused):
            assert answer.headers["access-control-allow-origin"] == origin
            assert exposed(answer) >= {"etag", "content-range", "retry-after"}
    foreign = httpx.get(blob, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
    assert exposed(foreign) == {""}


def test_a_preflight_of_the_same_host_is_answered(server: ByteServer) -> None:
    answer = httpx.options(
        server.put_url(1).url, headers={"Origin": server.url, "Access-Control-Request-Method": "PUT"}
    )
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, server.url)
    foreign = httpx.options(server.put_url(1).url, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
