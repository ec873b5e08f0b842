"""The compatible download over real HTTP: what browsers, download managers and hostile clients meet at ``/fetch/<token>``."""

import hashlib
import io
import logging
import os
import socket
import ssl
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from chalicelib.ports.blob_store import BlobRef
from chalicelib.settings import BlobKind, Role, Settings
from chalicelib.stores.fetch_store import get_fetch
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.sending.answer_create import Created
from onprem.runtime.asgi import RuntimeASGI
from onprem.runtime.fetch_service import disposition
from onprem.runtime.host import Host
from onprem.runtime.metrics import Metrics
from tests.service.runtime.byte_server import Patience, served
from tests.service.runtime.certificate import Certificate, self_made
from tests.service.runtime.processes import wait_until
from tests.unit.use_cases.living import LivingOffice, types
from tests.unit.use_cases.sending import principal
from tests.unit.use_cases.test_compatible_downloads import Reader

MIB = 1024**2
LARGE = os.urandom(5 * MIB + 123)
CONTENTS = [LARGE, b"small", b""]


@dataclass
class Opening:
    """A runtime that opens files of ``created`` for ``reader``."""

    office: LivingOffice
    created: Created
    reader: Reader
    url: str
    host: Host

    def address(self, *numbers: int) -> str:
        return f"{self.url}/fetch/{self.reader.token(*numbers)}"


@contextmanager
def opening(tls: Certificate | None = None, contents: Sequence[bytes] = CONTENTS) -> Iterator[Opening]:
    office = LivingOffice()
    created = office.ready(list(contents))
    host = Host(Settings(threads=4), lambda: office.ctx, lambda: None, lambda *_: None, Metrics())
    app = RuntimeASGI(host, {}, ("bytes",))
    assert app._fetch is not None
    app._fetch.ask_seconds = 0.05
    try:
        with served(app, Patience(), tls=tls) as (url, _):
            yield Opening(office, created, Reader(office, created), url, host)
    finally:
        host.close()


@pytest.fixture
def place() -> Iterator[Opening]:
    with opening() as made:
        yield made


def test_a_file_comes_whole_with_its_name_and_length(place: Opening) -> None:
    answer = httpx.get(place.address(0))
    assert (answer.status_code, answer.content) == (200, LARGE)
    headers = answer.headers
    assert headers["content-length"] == str(len(LARGE))
    assert headers["content-disposition"] == "attachment; filename=\"0.txt\"; filename*=UTF-8''0.txt"
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert (headers["accept-ranges"], headers["etag"][0]) == ("bytes", '"')


@pytest.mark.parametrize("number", [1, 2])
def test_small_and_empty_files_come_too(place: Opening, number: int) -> None:
    answer = httpx.get(place.address(number))
    assert (answer.status_code, answer.content) == (200, CONTENTS[number])


def test_several_come_as_one_zip_of_the_length_that_was_said(place: Opening) -> None:
    issued = place.reader.ask(0, 1, 2)
    answer = httpx.get(f"{place.url}/fetch/{issued.url.rsplit('/', 1)[1]}")
    assert len(answer.content) == issued.length
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        assert [opened.read(f"{n}.txt") for n in range(3)] == CONTENTS


def test_under_tls_the_same_bytes_come(tmp_path: Path) -> None:
    certificate = self_made(tmp_path)
    trusted = ssl.create_default_context(cafile=str(certificate.certificate))
    with opening(certificate) as place, httpx.Client(verify=trusted) as client:
        assert client.get(place.address(0)).content == LARGE
        zipped = client.get(place.address(0, 1)).content
        assert zipfile.ZipFile(io.BytesIO(zipped)).testzip() is None


@pytest.mark.parametrize("numbers", [(0,), (0, 1)], ids=["file", "zip"])
def test_ranges_if_range_and_head(place: Opening, numbers: tuple[int, ...]) -> None:
    address = place.address(*numbers)
    head = httpx.head(address)
    whole = httpx.get(address).content
    etag, size = head.headers["etag"], len(whole)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    for asked, start, end in (("0-0", 0, 1), ("1048500-2000000", 1_048_500, 2_000_001), ("-70", size - 70, size)):
        answer = httpx.get(address, headers={"Range": f"bytes={asked}", "If-Range": etag})
        assert (answer.status_code, answer.content) == (206, whole[start:end])
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    other = httpx.get(address, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (other.status_code, len(other.content)) == (200, size)
    several = httpx.get(address, headers={"Range": "bytes=0-1,5-6"})
    assert several.status_code == 200
    outside = httpx.get(address, headers={"Range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")


def test_a_head_opens_nothing_and_tells_nothing(place: Opening) -> None:
    address = place.address(0)
    place.office.ctx.records.outbox.clear()
    assert httpx.head(address).status_code == 200
    assert place.office.ctx.records.outbox == []


@pytest.mark.parametrize("numbers", [(0,), (0, 1, 2)], ids=["file", "zip"])
def test_curl_goes_on_where_it_broke_off(place: Opening, tmp_path: Path, numbers: tuple[int, ...]) -> None:
    address, target = place.address(*numbers), tmp_path / "got"
    whole = httpx.get(address).content
    target.write_bytes(whole[: 3 * MIB + 17])
    ended = subprocess.run(["curl", "-sS", "-f", "-C", "-", "-o", str(target), address], capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(whole).digest()


def test_what_left_in_pieces_is_told_once_it_is_whole(place: Opening) -> None:
    address = place.address(1)
    records = place.office.ctx.records
    httpx.get(address, headers={"Range": "bytes=0-2"})
    assert "download.completed" not in types(records.outbox)
    httpx.get(address, headers={"Range": "bytes=3-"})
    token = address.rsplit("/", 1)[1]
    wait_until(lambda: get_fetch(records, token).sent_at is not None, "the whole is noted")
    assert types(records.outbox).count("download.opened") == 1


def test_other_methods_and_tokens_are_refused_alike(place: Opening) -> None:
    address = place.address(0)
    assert httpx.put(address, content=b"x").json()["code"] == "method_not_allowed"
    answers = [httpx.get(address[:-1]), httpx.get(address + "x"), httpx.get(f"{place.url}/fetch/acme.{'A' * 27}")]
    answers += [httpx.get(f"{place.url}/fetch/"), httpx.get(f"{address}/x"), httpx.get(f"{place.url}/fetch/%00")]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "not_found")}


def flip(place: Opening, number: int, at: int) -> None:
    """One bit of a stored file."""
    entry = place.office.files(place.created)[number]
    blobs = place.office.ctx.blobs.blobs
    ref = next(one for one in blobs if one.blob == entry.blob)
    assert isinstance(ref, BlobRef)
    stored, data = blobs[ref], bytearray(blobs[ref].data)
    data[entry.offset + at] ^= 1
    blobs[ref] = type(stored)(stored.version, bytes(data), stored.sizes)


def received(address: str) -> bytes:
    """Everything that comes before the connection ends, the head left out."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), 10) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        chunks = b""
        while chunk := connection.recv(1 << 20):
            chunks += chunk
    return chunks.partition(b"\r\n\r\n")[2]


def test_a_flipped_bit_cuts_the_connection_and_no_wrong_byte_leaves(place: Opening) -> None:
    flip(place, 0, 3 * MIB + 5)
    address = place.address(0)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(address)
    got = received(address)
    assert 0 < len(got) <= 3 * MIB
    assert LARGE.startswith(got)
    zipped = place.address(0, 1)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(zipped)


def test_what_is_broken_at_once_is_told_before_any_byte(place: Opening) -> None:
    flip(place, 1, 45)
    answer = httpx.get(place.address(1))
    assert (answer.status_code, answer.json()["code"]) == (500, "bytes_broken")
    assert "download.completed" not in types(place.office.ctx.records.outbox)


def test_a_recall_cuts_what_is_under_way() -> None:
    with opening(contents=[bytes(32 * MIB)]) as place:
        address = place.address(0)
        with slowly(address) as connection:
            came = len(connection.recv(1024))
            recall_transfer(place.office.ctx, principal(), place.created.head.id)
            wait_until(lambda: noted(place) == 1, "the answer was cut")
            came += drained(connection)
        assert came < 32 * MIB
        assert httpx.get(address).json()["code"] == "gone"


@contextmanager
def slowly(address: str) -> Iterator[socket.socket]:
    """A request by a client whose window is small."""
    parts = urlsplit(address)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.settimeout(10)
        connection.connect((parts.hostname, parts.port))
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        yield connection


def noted(place: Opening) -> float | None:
    """Answers of /fetch that have ended."""
    labels = {"service": "fetch", "route": ""}
    return place.host.metrics.registry.get_sample_value("fumibako_request_seconds_count", labels)


def drained(connection: socket.socket) -> int:
    count = 0
    try:
        while chunk := connection.recv(1 << 20):
            count += len(chunk)
    except ConnectionResetError:
        pass
    return count


def test_neither_log_nor_metric_has_the_address(place: Opening, caplog: pytest.LogCaptureFixture) -> None:
    address = place.address(0)
    token = address.rsplit("/", 1)[1]
    flip(place, 0, 3 * MIB)
    with caplog.at_level(logging.DEBUG):
        httpx.head(address)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(address)
        httpx.get(address + "x")
    logged = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if "fumibako" in record.name
    )
    scraped = place.host.metrics.rendered(lambda: place.office.ctx.bus).decode()
    assert "fumibako.access" in logged
    for secret in (token, token.partition(".")[2]):
        assert secret not in logged
        assert secret not in scraped
    assert 'service="fetch"' in scraped


@pytest.mark.parametrize(
    ("blobs", "roles", "opens"),
    [
        ("filesystem", ("bytes",), True),
        ("filesystem", ("api",), False),
        ("s3", ("api",), True),
        ("s3", ("worker",), False),
    ],
)
def test_who_opens_is_who_has_the_host_of_the_address(blobs: BlobKind, roles: tuple[Role, ...], opens: bool) -> None:
    office = LivingOffice()
    host = Host(Settings(blobs=blobs), lambda: office.ctx, lambda: None, lambda *_: None, Metrics())
    try:
        assert (RuntimeASGI(host, {}, roles)._fetch is not None) == opens
    finally:
        host.close()


def test_names_are_said_in_both_ways_and_can_not_add_a_header() -> None:
    assert disposition('見積 "1".pdf') == (
        "attachment; filename=\"__ _1_.pdf\"; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%20%221%22.pdf"
    )
    assert "\r" not in disposition("a\r\nSet-Cookie: x")


def test_guessing_is_slowed_down_like_at_the_api(place: Opening) -> None:
    place.host.settings = replace(place.host.settings, address_requests_per_minute=3)
    answers = [
        httpx.get(f"{place.url}/fetch/acme.{letter * 27}").status_code for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert httpx.head(place.address(0)).status_code == 200


def test_too_many_at_once_are_asked_to_come_again(place: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onprem.runtime.fetch_service.MOST_AT_ONCE", 0)
    answer = httpx.get(place.address(0))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
