"""What S3 adds to the contract of blob stores: paging, lost answers, hosts, credentials, and its own errors."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from chalicelib.adapters.s3_blob_store import S3BlobStore
from chalicelib.adapters.s3_client import make_s3_client
from chalicelib.adapters.s3_errors import translated
from chalicelib.adapters.s3_urls import frozen_credentials
from chalicelib.adapters.sigv4 import SigV4Credentials
from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull
from tests.contract.adapters_blobs import S3Subject
from tests.contract.test_blob_store import MINUTE, REF, body, finished, send, url

KEYS = SigV4Credentials("AKIDTESTS", "secret-of-the-tests")
NOW = 1_782_000_000_000


@pytest.fixture
def subject() -> S3Subject:
    return S3Subject()


def signing_store(
    keys: Callable[[], SigV4Credentials] = lambda: KEYS, *, path_style: bool = False, now: int = NOW
) -> S3BlobStore:
    """A store that can only sign: it has no client."""
    return S3BlobStore(
        None, "bucket", region="ap-northeast-1", now=lambda: now, path_style=path_style, credentials=keys
    )


def test_more_parts_than_a_page_are_all_listed_and_joined(subject: S3Subject) -> None:
    def small_pages(params: dict[str, Any], **_: Any) -> None:
        params["MaxParts"] = 2

    upload = subject.open().begin(REF, single=False)
    sizes = [subject.part_size] * 4 + [3]
    for number, size in enumerate(sizes, 1):
        send(subject, upload, number, body(size, number))
    subject.client.meta.events.register("provide-client-params.s3.ListParts", small_pages)
    assert [part.size for part in subject.open().parts(REF, upload)] == sizes
    assert subject.open().complete(REF, upload, sizes=sizes).size == sum(sizes)


def test_more_versions_than_a_page_are_all_found_and_removed(subject: S3Subject) -> None:
    def small_pages(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 2

    key = f"acme/{REF.transfer}/{REF.blob}"
    for number in range(5):
        subject.client.put_object(Bucket=subject.bucket, Key=key, Body=bytes([number]))
    subject.client.delete_object(Bucket=subject.bucket, Key=key)
    subject.client.meta.events.register("provide-client-params.s3.ListObjectVersions", small_pages)
    left = subject.open().remaining("acme", REF.transfer)
    assert len(left) == 6
    assert sum(name.endswith("(delete marker)") for name in left) == 1
    subject.open().destroy("acme", REF.transfer)
    assert subject.open().remaining("acme", REF.transfer) == []


def test_an_object_that_would_not_go_is_an_error(subject: S3Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(subject, body(5))
    for code, kind in (("InternalError", StoreAway), ("AccessDenied", ClientError)):
        # moto deletes everything it is asked to; S3 answers 200 with errors inside.
        answer = {"Errors": [{"Key": "k", "Code": code, "Message": "m"}]}
        monkeypatch.setattr(subject.client, "delete_objects", lambda answer=answer, **_: answer)
        with pytest.raises(kind):
            subject.open().destroy("acme", REF.transfer)


def test_a_part_sent_again_between_listing_and_joining_is_listed_anew(subject: S3Subject) -> None:
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(3000, 1))
    joins = 0

    def send_again(**_: Any) -> None:
        nonlocal joins
        joins += 1
        if joins == 1:
            send(subject, upload, 1, body(3000, 2))

    subject.client.meta.events.register("before-call.s3.CompleteMultipartUpload", send_again)
    version = subject.open().complete(REF, upload, sizes=[3000]).version
    assert b"".join(subject.open().read(REF, version, offset=0, length=3000)) == body(3000, 2)


def test_a_small_part_in_the_middle_is_refused_as_s3_does(subject: S3Subject) -> None:
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(100))
    send(subject, upload, 2, body(100))
    with pytest.raises(Refused) as refused:
        subject.open().complete(REF, upload, sizes=[100, 100])
    assert refused.value.code == "part_wrong"


def test_a_single_put_happens_once(subject: S3Subject) -> None:
    upload = subject.open().begin(REF, single=True)
    signed = url(subject, upload, 1, 5)
    assert signed.headers == {"content-length": "5", "if-none-match": "*"}
    subject.put(signed, body(5, 1))
    answer = httpx.put(signed.url, content=body(5, 2), headers={"if-none-match": "*"})
    assert answer.status_code == 412
    assert httpx.put(signed.url, content=body(5, 2)).status_code == 403
    assert [part.size for part in subject.open().parts(REF, upload)] == [5]
    with pytest.raises(Refused):
        url(subject, upload, 2, 5)


def test_uploads_begin_without_a_checksum_algorithm(subject: S3Subject) -> None:
    subject.server.gate.seen.clear()
    subject.open().begin(REF, single=False)
    begun = [one for one in subject.server.gate.seen if one["QUERY_STRING"].startswith("uploads")]
    assert begun
    assert not any(name.startswith("HTTP_X_AMZ_CHECKSUM") for one in begun for name in one)


def test_an_answer_that_ends_early_never_looks_whole(subject: S3Subject) -> None:
    version = finished(subject, body(100_000))
    subject.server.gate.cut = True
    try:
        with pytest.raises((StoreAway, Refused)):
            list(subject.open().read(REF, version, offset=0, length=100_000))
    finally:
        subject.server.gate.cut = False


def test_a_bucket_without_versions_pins_the_etag_by_a_signed_header() -> None:
    subject = S3Subject(versioned=False)
    version = finished(subject, body(10))
    assert version.startswith("etag:")
    signed = subject.open().get_url(REF, version, expires_at=NOW + MINUTE, base_url=subject.base_url)
    assert signed.headers == {"if-match": version.removeprefix("etag:")}
    assert subject.get(signed) == body(10)
    assert httpx.get(signed.url).status_code == 403
    subject.client.put_object(Bucket=subject.bucket, Key=f"acme/{REF.transfer}/{REF.blob}", Body=b"other")
    with pytest.raises(NotFound):
        list(subject.open().read(REF, version, offset=0, length=1))


@pytest.mark.parametrize("versioned", [True, False])
def test_what_was_put_as_a_page_comes_back_as_an_attachment_of_no_type(*, versioned: bool) -> None:
    """A PUT may name any type, and says so to S3; the address decides what a browser is told."""
    subject = S3Subject(versioned=versioned)
    upload = subject.open().begin(REF, single=True)
    page = b"<script>alert(1)</script>"
    put = url(subject, upload, 1, len(page))
    assert httpx.put(put.url, content=page, headers={**put.headers, "content-type": "text/html"}).status_code == 200
    version = subject.open().complete(REF, upload, sizes=[len(page)]).version
    signed = subject.open().get_url(REF, version, expires_at=NOW + MINUTE, base_url=subject.base_url)
    answer = httpx.get(signed.url, headers=signed.headers)
    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    for name in ("response-content-disposition=attachment", "response-content-type=application%2Foctet-stream"):
        assert httpx.get(signed.url.replace(f"{name}&", ""), headers=signed.headers).status_code == 403


@pytest.mark.parametrize(
    ("path_style", "base", "start"),
    [
        (False, "https://s3.ap-northeast-1.amazonaws.com", "https://bucket.s3.ap-northeast-1.amazonaws.com/acme/"),
        (False, "https://S3.Example:443", "https://bucket.s3.example/acme/"),
        (True, "https://minio.example:9000", "https://minio.example:9000/bucket/acme/"),
        (True, "http://127.0.0.1:80", "http://127.0.0.1/bucket/acme/"),
    ],
)
def test_the_host_is_that_of_the_channel(*, path_style: bool, base: str, start: str) -> None:
    store = signing_store(path_style=path_style)
    put = store.put_url(REF, "upload", number=1, size=1, expires_at=NOW + MINUTE, base_url=base)
    get = store.get_url(REF, "version", expires_at=NOW + MINUTE, base_url=base)
    assert put.url.startswith(start)
    assert get.url.startswith(start)


def life(expires_at: int, keys_end: int | None = None, now: int = NOW) -> int:
    keys = SigV4Credentials("AKID", "secret", "token", keys_end)
    store = signing_store(lambda: keys, now=now)
    signed = store.put_url(REF, "upload", number=1, size=1, expires_at=expires_at, base_url="https://s3.example")
    return int(parse_qs(urlsplit(signed.url).query)["X-Amz-Expires"][0])


def test_an_address_ends_when_it_says_and_with_its_credentials() -> None:
    assert life(NOW + 15 * MINUTE) == 900
    assert life(NOW + 15 * MINUTE + 999) == 900
    assert life(NOW + 15 * MINUTE, now=NOW + 999) == 900
    assert life(NOW + 15 * MINUTE, keys_end=NOW + 5 * MINUTE) == 300
    assert life(NOW + 400 * 24 * 60 * MINUTE) == 604_800
    for end in (NOW, NOW - 1, NOW + 999):
        with pytest.raises(Refused) as refused:
            life(end)
        assert refused.value.code == "url_expired"


def test_the_clients_own_keys_sign(subject: S3Subject) -> None:
    client = make_s3_client(
        region="eu-west-3", aws_access_key_id="AKIDX", aws_secret_access_key="y", aws_session_token="z"
    )
    store = S3BlobStore(client, "bucket", region="eu-west-3", now=lambda: NOW)
    signed = store.get_url(REF, "v", expires_at=NOW + MINUTE, base_url="https://s3.eu-west-3.amazonaws.com")
    query = parse_qs(urlsplit(signed.url).query)
    assert query["X-Amz-Credential"][0].startswith("AKIDX/20260621/eu-west-3/s3/")
    assert query["X-Amz-Security-Token"] == ["z"]


def test_renewed_keys_are_used_from_their_renewal_on(subject: S3Subject) -> None:
    client = make_s3_client(region="eu-west-3", aws_access_key_id="AKIDX", aws_secret_access_key="y")
    current = frozen_credentials(client)
    first = current()
    assert current() is first
    client._request_signer._credentials.access_key = "AKIDZ"
    assert current().access_key == "AKIDZ"


def test_ten_thousand_addresses_in_less_than_150_ms() -> None:
    store = signing_store()
    rounds = []
    for _ in range(3):
        start = time.thread_time()
        for number in range(1, 10_001):
            store.put_url(REF, "upload", number=number, size=1, expires_at=NOW + MINUTE, base_url="https://s3.example")
        rounds.append(time.thread_time() - start)
    assert min(rounds) < 0.15


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "Operation")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("SlowDown"), StoreAway),
        (client_error("503"), StoreAway),
        (client_error("InternalError"), StoreAway),
        (client_error("RequestTimeout"), StoreAway),
        (EndpointConnectionError(endpoint_url="https://s3.example"), StoreAway),
        (ConnectTimeoutError(endpoint_url="https://s3.example"), StoreAway),
        (ReadTimeoutError(endpoint_url="https://s3.example"), StoreAway),
        (client_error("XMinioStorageFull"), StoreFull),
        (client_error("NoSuchKey"), NotFound),
        (client_error("404"), NotFound),
        (client_error("MethodNotAllowed"), NotFound),
        (client_error("AccessDenied"), ClientError),
        (client_error("NoSuchBucket"), ClientError),
        (NoCredentialsError(), NoCredentialsError),
    ],
)
def test_known_errors_become_ours_chained_and_others_pass_up(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as raised, translated():
        raise error
    assert raised.value is error or raised.value.__cause__ is error
