"""Every sentence of ``chalicelib.ports.blob_store`` over every store: signing, parts, completing, reading."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.ports.blob_store import BlobRef, Joining, SignedUrl
from tests.contract.adapters_blobs import BlobSubject

PORT = "blob_store"
MINUTE = 60_000
REF = BlobRef("acme", "tr_0" + "a" * 25, "bl_0" + "b" * 25)


def body(size: int, seed: int = 1) -> bytes:
    """Bytes in which every offset looks different."""
    block = b"".join((seed * 1_000_003 + at).to_bytes(8, "big") for at in range(4096))
    return (block * (size // len(block) + 1))[:size]


def url(subject: BlobSubject, upload: str, number: int, size: int, ref: BlobRef = REF) -> SignedUrl:
    expires = subject.now() + 15 * MINUTE
    return subject.open().put_url(ref, upload, number=number, size=size, expires_at=expires, base_url=subject.base_url)


def send(subject: BlobSubject, upload: str, number: int, data: bytes, ref: BlobRef = REF) -> None:
    subject.put(url(subject, upload, number, len(data), ref), data)


def finished(subject: BlobSubject, *bodies: bytes, ref: BlobRef = REF) -> str:
    """Begin, send, complete; gives the version."""
    store = subject.open()
    upload = store.begin(ref, single=len(bodies) == 1)
    for number, data in enumerate(bodies, 1):
        send(subject, upload, number, data, ref)
    return store.complete(ref, upload, sizes=[len(data) for data in bodies]).version


def read(subject: BlobSubject, version: str, offset: int, length: int, ref: BlobRef = REF) -> bytes:
    return b"".join(subject.open().read(ref, version, offset=offset, length=length))


def test_parts_lists_number_size_and_etag_in_order(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    for number in (2, 1, 3):
        send(subject, upload, number, body(1000 + number, number))
    parts = subject.open().parts(REF, upload)
    assert [(part.number, part.size) for part in parts] == [(1, 1001), (2, 1002), (3, 1003)]
    assert all(part.etag for part in parts)
    assert len({part.etag for part in parts}) == 3


def test_parts_of_an_unknown_upload_gives_nothing(subject: BlobSubject) -> None:
    assert subject.open().parts(REF, "single") == []
    other = BlobRef("acme", REF.transfer, "bl_0" + "c" * 25)
    upload = subject.open().begin(other, single=False)
    assert subject.open().parts(REF, upload) == []


def test_the_last_put_of_a_part_wins_whole(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(5000, 1))
    send(subject, upload, 1, body(3000, 2))
    assert [part.size for part in subject.open().parts(REF, upload)] == [3000]
    version = subject.open().complete(REF, upload, sizes=[3000]).version
    assert read(subject, version, 0, 3000) == body(3000, 2)


def test_of_two_puts_at_once_one_is_there_whole(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    bodies = [body(200_000, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda data: send(subject, upload, 1, data), bodies))
    version = subject.open().complete(REF, upload, sizes=[200_000]).version
    assert read(subject, version, 0, 200_000) in bodies


@pytest.mark.parametrize("length", [0, 999, 1001])
def test_a_put_of_another_length_is_refused(subject: BlobSubject, length: int) -> None:
    upload = subject.open().begin(REF, single=False)
    signed = url(subject, upload, 1, 1000)
    with pytest.raises(Refused):
        subject.put(signed, body(length))
    assert subject.open().parts(REF, upload) == []


def test_a_put_that_is_cut_leaves_nothing(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    subject.put_and_vanish(url(subject, upload, 1, 100_000), body(100_000))
    assert subject.open().parts(REF, upload) == []


def test_a_put_url_ends_when_it_says(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    signed = url(subject, upload, 1, 10)
    assert signed.method == "PUT"
    assert signed.expires_at == subject.now() + 15 * MINUTE
    subject.time = signed.expires_at
    with pytest.raises(Refused):
        subject.put(signed, body(10))
    assert subject.open().parts(REF, upload) == []


def test_a_changed_url_is_refused(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    signed = url(subject, upload, 1, 10)
    for old, new in ((REF.blob, "bl_0" + "d" * 25), ("acme", "evil"), (signed.url[-6:], "aaaaaa")):
        changed = SignedUrl("PUT", signed.url.replace(old, new), signed.headers, signed.expires_at)
        with pytest.raises(Refused):
            subject.put(changed, body(10))
    assert subject.open().parts(REF, upload) == []


def test_signing_does_no_io_and_names_the_host_of_the_channel(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    store = subject.open()
    later = subject.now() + MINUTE
    with subject.failing("away"):
        for base in ("https://one.example", "https://two.example:8443"):
            put = store.put_url(REF, upload, number=1, size=5, expires_at=later, base_url=base)
            get = store.get_url(REF, "0" * 32, expires_at=later, base_url=base)
            assert put.url.startswith(base + "/")
            assert get.url.startswith(base + "/")


def test_complete_refuses_a_missing_part_and_leaves_all_as_it_was(subject: BlobSubject) -> None:
    size = subject.part_size
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 2, body(7, 2))
    for sizes in ([size, 7], []):
        with pytest.raises(Refused) as refused:
            subject.open().complete(REF, upload, sizes=sizes)
        assert refused.value.code == "part_missing"
    send(subject, upload, 1, body(size))
    assert subject.open().complete(REF, upload, sizes=[size, 7]).size == size + 7


def test_complete_refuses_other_sizes_and_leaves_all_as_it_was(subject: BlobSubject) -> None:
    size = subject.part_size
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(size))
    send(subject, upload, 2, body(7, 2))
    for sizes in ([size, 8], [size - 1, 7], [size]):
        with pytest.raises(Refused) as refused:
            subject.open().complete(REF, upload, sizes=sizes)
        assert refused.value.code == "part_wrong"
    assert [part.size for part in subject.open().parts(REF, upload)] == [size, 7]
    assert subject.open().complete(REF, upload, sizes=[size, 7]).size == size + 7


def several(subject: BlobSubject, count: int = 3) -> list[tuple[BlobRef, str]]:
    refs = [BlobRef(REF.tenant, REF.transfer, f"bl_0{'d' * 24}{n}") for n in range(count)]
    return list(zip(refs, subject.open().begin_all(refs, single=False), strict=True))


def test_several_are_begun_and_completed_at_once_as_one_after_another(subject: BlobSubject) -> None:
    begun = several(subject)
    for n, (ref, upload) in enumerate(begun):
        signed = subject.open().put_url(
            ref, upload, number=1, size=1000 + n, expires_at=subject.now() + MINUTE, base_url=subject.base_url
        )
        subject.put(signed, body(1000 + n, n))
    joining = [Joining(ref, upload, [1000 + n]) for n, (ref, upload) in enumerate(begun)]
    stored = subject.open().complete_all(joining)
    assert [one.size for one in stored] == [1000, 1001, 1002]
    assert subject.open().complete_all(joining) == stored
    for n, (ref, upload) in enumerate(begun):
        assert subject.open().complete(ref, upload, sizes=[1000 + n]) == stored[n]
        read = subject.open().read(ref, stored[n].version, offset=0, length=1000 + n)
        assert b"".join(read) == body(1000 + n, n)
    assert subject.open().begin_all([], single=True) == []
    assert subject.open().complete_all([]) == []


def test_of_several_the_one_that_lacks_a_part_is_refused_and_can_be_completed_later(subject: BlobSubject) -> None:
    begun = several(subject, 2)

    def send(n: int) -> None:
        ref, upload = begun[n]
        expires = subject.now() + MINUTE
        signed = subject.open().put_url(ref, upload, number=1, size=10, expires_at=expires, base_url=subject.base_url)
        subject.put(signed, body(10, n))

    send(0)
    joining = [Joining(ref, upload, [10]) for ref, upload in begun]
    with pytest.raises(Refused) as refused:
        subject.open().complete_all(joining)
    assert refused.value.code == "part_missing"
    send(1)
    assert [one.size for one in subject.open().complete_all(joining)] == [10, 10]


def test_complete_of_what_was_never_begun_is_refused(subject: BlobSubject) -> None:
    with pytest.raises(Refused) as refused:
        subject.open().complete(REF, "single", sizes=[1])
    assert refused.value.code == "part_missing"


def test_completing_again_gives_the_same_version(subject: BlobSubject) -> None:
    size = subject.part_size
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(size))
    send(subject, upload, 2, body(7, 2))
    first = subject.open().complete(REF, upload, sizes=[size, 7])
    assert subject.open().complete(REF, upload, sizes=[size, 7]) == first
    with pytest.raises(Refused) as refused:
        subject.open().complete(REF, upload, sizes=[size, 8])
    assert refused.value.code == "part_wrong"


def test_completing_twice_at_once_gives_one_version(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(3000))
    with ThreadPoolExecutor(4) as pool:
        blobs = list(pool.map(lambda _: subject.open().complete(REF, upload, sizes=[3000]), range(4)))
    assert len({blob.version for blob in blobs}) == 1


@pytest.mark.parametrize("single", [True, False])
def test_no_part_is_taken_after_complete(subject: BlobSubject, single: bool) -> None:
    upload = subject.open().begin(REF, single=single)
    signed = url(subject, upload, 1, 3000)
    subject.put(signed, body(3000))
    version = subject.open().complete(REF, upload, sizes=[3000]).version
    with pytest.raises(Refused):
        subject.put(signed, body(3000, 2))
    assert subject.open().complete(REF, upload, sizes=[3000]).version == version
    assert read(subject, version, 0, 3000) == body(3000)


@pytest.mark.parametrize("size", [0, 1])
def test_zero_bytes_and_one_byte_work_alike(subject: BlobSubject, size: int) -> None:
    version = finished(subject, body(size))
    assert read(subject, version, 0, size) == body(size)
    signed = subject.open().get_url(REF, version, expires_at=subject.now() + MINUTE, base_url=subject.base_url)
    assert subject.get(signed) == body(size)


def test_get_url_gives_the_whole_and_any_range(subject: BlobSubject) -> None:
    size = subject.part_size
    whole = body(size, 1) + body(size, 2) + body(9, 3)
    version = finished(subject, body(size, 1), body(size, 2), body(9, 3))
    signed = subject.open().get_url(REF, version, expires_at=subject.now() + MINUTE, base_url=subject.base_url)
    assert subject.get(signed) == whole
    for first, last in ((0, 0), (size - 1, size), (size - 5, 2 * size + 3), (2 * size + 8, 2 * size + 8)):
        assert subject.get(signed, first, last) == whole[first : last + 1]


def test_a_get_url_ends_when_it_says(subject: BlobSubject) -> None:
    version = finished(subject, body(10))
    signed = subject.open().get_url(REF, version, expires_at=subject.now() + MINUTE, base_url=subject.base_url)
    subject.time += MINUTE
    with pytest.raises(Refused):
        subject.get(signed)


def test_read_gives_any_range_in_chunks_of_at_most_a_mebibyte(subject: BlobSubject) -> None:
    size = max(subject.part_size, 1024 * 1024 + 5)
    whole = body(size, 1) + body(9, 2)
    version = finished(subject, body(size, 1), body(9, 2))
    chunks = list(subject.open().read(REF, version, offset=0, length=size + 9))
    assert b"".join(chunks) == whole
    assert max(map(len, chunks)) <= 1024 * 1024
    for offset, length in ((0, 0), (size + 9, 0), (size - 3, 7), (size + 8, 1), (5, size)):
        assert read(subject, version, offset, length) == whole[offset : offset + length]


@pytest.mark.parametrize(("offset", "length"), [(0, 11), (10, 1), (11, 0), (-1, 2), (3, -1), (20, 5)])
def test_a_range_outside_is_refused(subject: BlobSubject, offset: int, length: int) -> None:
    version = finished(subject, body(10))
    with pytest.raises(Refused) as refused:
        read(subject, version, offset, length)
    assert refused.value.code == "range_wrong"


def test_an_absent_blob_is_not_found(subject: BlobSubject) -> None:
    version = finished(subject, body(10))
    other = BlobRef("acme", REF.transfer, "bl_0" + "c" * 25)
    for ref, pinned in ((other, version), (BlobRef("other", REF.transfer, REF.blob), version)):
        with pytest.raises(NotFound):
            read(subject, pinned, 0, 1, ref)


def test_a_blob_that_is_not_complete_is_not_found(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(10))
    with pytest.raises(NotFound):
        read(subject, "0" * 32, 0, 10)
