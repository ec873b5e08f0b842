"""Every sentence of ``chalicelib.ports.byte_path`` over every store that lies on the host."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.ports.blob_store import SignedUrl
from chalicelib.ports.byte_path import ByteGrant
from tests.contract.test_blob_store import MINUTE, REF, body, finished, url

PORT = "byte_path"


def taken_apart(signed: SignedUrl) -> tuple[str, str, dict[str, str]]:
    parts = urlsplit(signed.url)
    return signed.method, parts.path, dict(parse_qsl(parts.query))


def put_grant(subject: Any, size: int, number: int = 1) -> ByteGrant:
    upload = subject.open().begin(REF, single=False)
    method, path, query = taken_apart(url(subject, upload, number, size))
    grant: ByteGrant = subject.open().authorize(method, path, query, now=subject.now())
    return grant


def get_grant(subject: Any, *bodies: bytes) -> ByteGrant:
    version = finished(subject, *bodies)
    signed = subject.open().get_url(REF, version, expires_at=subject.now() + MINUTE, base_url=subject.base_url)
    grant: ByteGrant = subject.open().authorize(*taken_apart(signed), now=subject.now())
    return grant


def held(subject: Any) -> list[tuple[int, int]]:
    return [(part.number, part.size) for part in subject.open().parts(REF, "parts")]


def test_authorize_gives_what_a_put_url_allows(subject: Any) -> None:
    grant = put_grant(subject, 123, number=7)
    assert grant == ByteGrant("PUT", REF, 7, 123, None, subject.now() + 15 * MINUTE)


def test_authorize_gives_what_a_get_url_allows_also_for_head(subject: Any) -> None:
    version = finished(subject, body(5))
    signed = subject.open().get_url(REF, version, expires_at=subject.now() + MINUTE, base_url=subject.base_url)
    _, path, query = taken_apart(signed)
    for method in ("GET", "HEAD"):
        grant = subject.open().authorize(method, path, query, now=subject.now())
        assert grant == ByteGrant("GET", REF, None, None, version, signed.expires_at)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "put", ""])
def test_another_method_is_refused(subject: Any, method: str) -> None:
    _, path, query = taken_apart(url(subject, "parts", 1, 10))
    with pytest.raises(Refused) as refused:
        subject.open().authorize(method, path, query, now=subject.now())
    assert refused.value.code == "url_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"n": "2"},
        {"size": "11"},
        {"exp": "9999999999999"},
        {"sig": ""},
        {"sig": "あ"},
        {"extra": "1"},
        {"v": "0" * 32},
        {"n": "01"},
        {"size": "１０"},
    ],
)
def test_any_changed_or_added_value_is_refused(subject: Any, change: dict[str, str]) -> None:
    method, path, query = taken_apart(url(subject, "parts", 1, 10))
    with pytest.raises(Refused) as refused:
        subject.open().authorize(method, path, query | change, now=subject.now())
    assert refused.value.code == "url_invalid"


@pytest.mark.parametrize("name", ["n", "size", "exp", "sig"])
def test_any_missing_value_is_refused(subject: Any, name: str) -> None:
    method, path, query = taken_apart(url(subject, "parts", 1, 10))
    del query[name]
    with pytest.raises(Refused) as refused:
        subject.open().authorize(method, path, query, now=subject.now())
    assert refused.value.code == "url_invalid"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/acme/", "/evil/"),
        ("/acme/", "/acme/../acme/"),
        ("/acme/", "//"),
        ("/blobs/", "/"),
        (REF.blob, ""),
        (REF.blob, REF.blob + "/p.000001"),
        (REF.blob, REF.blob + "\0"),
    ],
)
def test_another_path_is_refused(subject: Any, old: str, new: str) -> None:
    method, path, query = taken_apart(url(subject, "parts", 1, 10))
    with pytest.raises(Refused) as refused:
        subject.open().authorize(method, path.replace(old, new), query, now=subject.now())
    assert refused.value.code == "url_invalid"


def test_an_expired_url_says_so_to_the_millisecond(subject: Any) -> None:
    method, path, query = taken_apart(url(subject, "parts", 1, 10))
    end = subject.now() + 15 * MINUTE
    subject.open().authorize(method, path, query, now=end - 1)
    with pytest.raises(Refused) as refused:
        subject.open().authorize(method, path, query, now=end)
    assert refused.value.code == "url_expired"


def test_nothing_is_visible_before_commit(subject: Any) -> None:
    sink = subject.open().sink(put_grant(subject, 100))
    sink.write(body(100))
    assert held(subject) == []
    etag = sink.commit()
    assert held(subject) == [(1, 100)]
    assert subject.open().parts(REF, "parts")[0].etag == etag


def test_chunks_of_any_kind_and_size_arrive_in_order(subject: Any) -> None:
    data = body(300_000)
    sink = subject.open().sink(put_grant(subject, len(data)))
    sink.write(b"")
    sink.write(data[:1])
    sink.write(memoryview(data)[1:200_000])
    sink.write(memoryview(bytearray(data[200_000:])))
    sink.commit()
    version = subject.open().complete(REF, "parts", sizes=[len(data)]).version
    assert b"".join(subject.open().read(REF, version, offset=0, length=len(data))) == data


@pytest.mark.parametrize("size", [0, 99, 101])
def test_commit_refuses_any_other_length(subject: Any, size: int) -> None:
    sink = subject.open().sink(put_grant(subject, 100))

    def sent() -> None:
        sink.write(body(size))
        sink.commit()

    with pytest.raises(Refused) as refused:
        sent()
    assert refused.value.code == "length_wrong"
    assert held(subject) == []


@pytest.mark.parametrize("end", ["abort", "drop"])
def test_abort_or_never_committing_leaves_nothing(subject: Any, end: str) -> None:
    grant = put_grant(subject, 100)
    before = subject.open().remaining("acme", REF.transfer)
    sink = subject.open().sink(grant)
    sink.write(body(50))
    if end == "abort":
        sink.abort()
        sink.abort()
    del sink
    assert subject.open().remaining("acme", REF.transfer) == before


def test_a_sink_begun_before_complete_can_not_commit_after_it(subject: Any) -> None:
    grant = put_grant(subject, 100)
    late = subject.open().sink(grant)
    late.write(body(100, 2))
    first = subject.open().sink(grant)
    first.write(body(100, 1))
    first.commit()
    version = subject.open().complete(REF, "parts", sizes=[100]).version
    with pytest.raises(Refused) as refused:
        late.commit()
    assert refused.value.code == "upload_closed"
    assert b"".join(subject.open().read(REF, version, offset=0, length=100)) == body(100, 1)


def test_a_sink_begun_before_destroy_can_not_commit_after_it(subject: Any) -> None:
    sink = subject.open().sink(put_grant(subject, 100))
    sink.write(body(100))
    subject.open().destroy("acme", REF.transfer)
    with pytest.raises(NotFound):
        sink.commit()
    assert subject.open().remaining("acme", REF.transfer) == []


def test_a_sink_of_a_destroyed_upload_does_not_reach_one_begun_anew(subject: Any) -> None:
    sink = subject.open().sink(put_grant(subject, 100))
    sink.write(body(100))
    subject.open().destroy("acme", REF.transfer)
    subject.open().begin(REF, single=False)
    with pytest.raises(NotFound):
        sink.commit()
    assert held(subject) == []


def test_a_sink_needs_an_upload_that_was_begun_and_a_grant_for_put(subject: Any) -> None:
    grant = get_grant(subject, body(5))
    with pytest.raises(Refused):
        subject.open().sink(grant)
    with pytest.raises(NotFound):
        subject.open().sink(ByteGrant("PUT", grant.ref.__class__("acme", "tr_0" + "z" * 25, REF.blob), 1, 1, None, 0))


def test_slices_map_a_range_onto_files_and_size_is_the_whole(subject: Any) -> None:
    bodies = (body(1000, 1), body(1, 2), body(500, 3))
    whole = b"".join(bodies)
    grant = get_grant(subject, *bodies)
    assert subject.open().size(grant) == len(whole)
    for start, end in ((0, 1501), (999, 1002), (1000, 1001), (0, 0), (1501, 1501), (3, 4)):
        found = b""
        for piece in subject.open().slices(grant, start=start, end=end):
            assert piece.length > 0
            found += Path(piece.path).read_bytes()[piece.offset : piece.offset + piece.length]
        assert found == whole[start:end]


def test_slices_outside_are_refused(subject: Any) -> None:
    grant = get_grant(subject, body(10))
    for start, end in ((0, 11), (-1, 5), (6, 5), (11, 11)):
        with pytest.raises(Refused) as refused:
            subject.open().slices(grant, start=start, end=end)
        assert refused.value.code == "range_wrong"


def test_absent_blobs_are_not_found(subject: Any) -> None:
    grant = get_grant(subject, body(10))
    subject.open().destroy("acme", REF.transfer)
    with pytest.raises(NotFound):
        subject.open().size(grant)
    with pytest.raises(NotFound):
        subject.open().slices(grant, start=0, end=1)
