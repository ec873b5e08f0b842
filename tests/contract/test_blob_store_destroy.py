"""Every sentence of ``chalicelib.ports.blob_store`` over every store: destroying, absence, faults, foreign ids."""

from contextlib import suppress

import pytest

from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull
from chalicelib.ports.blob_store import BlobRef
from tests.contract.adapters_blobs import BlobSubject
from tests.contract.test_blob_store import MINUTE, REF, body, finished, read, send, url

PORT = "blob_store"
NEIGHBOURS = (
    BlobRef("acme", "tr_0" + "a" * 24 + "b", REF.blob),
    BlobRef("acme-two", REF.transfer, REF.blob),
    BlobRef("acm", REF.transfer, REF.blob),
)


def test_destroy_removes_versions_parts_and_unfinished_uploads(subject: BlobSubject) -> None:
    finished(subject, body(10))
    two = BlobRef("acme", REF.transfer, "bl_0" + "c" * 25)
    finished(subject, body(subject.part_size), body(9), ref=two)
    for last in "de":
        ref = BlobRef("acme", REF.transfer, "bl_0" + "b" * 24 + last)
        upload = subject.open().begin(ref, single=False)
        send(subject, upload, 1, body(10), ref)
    assert len(subject.open().remaining("acme", REF.transfer)) >= 4
    subject.open().destroy("acme", REF.transfer)
    assert subject.open().remaining("acme", REF.transfer) == []


def test_destroying_again_or_nothing_is_no_error(subject: BlobSubject) -> None:
    finished(subject, body(10))
    for _ in range(2):
        subject.open().destroy("acme", REF.transfer)
    subject.open().destroy("nobody", REF.transfer)


def test_several_are_destroyed_together_and_absent_ones_are_no_error(subject: BlobSubject) -> None:
    refs = [BlobRef("acme", f"tr_0{'d' * 24}{last}", REF.blob) for last in "fgh"]
    for ref in refs[:2]:
        finished(subject, body(10), ref=ref)
    kept = finished(subject, body(10))
    subject.open().destroy_all("acme", [ref.transfer for ref in refs])
    assert [subject.open().remaining("acme", ref.transfer) for ref in refs] == [[], [], []]
    assert read(subject, kept, 0, 10) == body(10)
    subject.open().destroy_all("acme", [])


def test_destroy_touches_no_neighbour(subject: BlobSubject) -> None:
    versions = [finished(subject, body(10, seed), ref=ref) for seed, ref in enumerate(NEIGHBOURS)]
    finished(subject, body(10))
    subject.open().destroy("acme", REF.transfer)
    for seed, (ref, version) in enumerate(zip(NEIGHBOURS, versions, strict=True)):
        assert read(subject, version, 0, 10, ref) == body(10, seed)


def test_remaining_names_what_is_left_of_this_transfer_only(subject: BlobSubject) -> None:
    for ref in NEIGHBOURS:
        finished(subject, body(10), ref=ref)
    assert subject.open().remaining("acme", REF.transfer) == []
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(10))
    left = subject.open().remaining("acme", REF.transfer)
    assert left
    assert all(name.startswith(f"acme/{REF.transfer}") for name in left)


def test_recall_makes_an_address_fail(subject: BlobSubject) -> None:
    version = finished(subject, body(10))
    signed = subject.open().get_url(REF, version, expires_at=subject.now() + MINUTE, base_url=subject.base_url)
    assert subject.get(signed) == body(10)
    subject.open().destroy("acme", REF.transfer)
    with pytest.raises(Refused):
        subject.get(signed)
    with pytest.raises(NotFound):
        read(subject, version, 0, 10)


def test_late_puts_tells_whether_a_signed_put_can_bring_an_object_back(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=True)
    signed = url(subject, upload, 1, 7)
    subject.open().destroy("acme", REF.transfer)
    with suppress(Refused):
        subject.put(signed, b"too now")
    assert subject.open().late_puts == bool(subject.open().remaining("acme", REF.transfer))


def test_a_late_put_to_a_destroyed_upload_brings_nothing_back(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    signed = url(subject, upload, 1, 10)
    subject.put(signed, body(10))
    subject.open().destroy("acme", REF.transfer)
    with pytest.raises(Refused):
        subject.put(signed, body(10))
    assert subject.open().remaining("acme", REF.transfer) == []


def test_a_full_store_says_so(subject: BlobSubject) -> None:
    with subject.failing("full"), pytest.raises(StoreFull):
        subject.open().begin(REF, single=False)
    assert subject.open().remaining("acme", REF.transfer) == []


def test_an_absent_store_says_so_and_never_shows_absence(subject: BlobSubject) -> None:
    upload = subject.open().begin(REF, single=False)
    send(subject, upload, 1, body(10))
    with subject.failing("away"):
        store = subject.open()
        for call in (
            lambda: store.begin(REF, single=False),
            lambda: store.parts(REF, upload),
            lambda: store.complete(REF, upload, sizes=[10]),
            lambda: list(store.read(REF, "0" * 32, offset=0, length=1)),
            lambda: store.remaining("acme", REF.transfer),
            lambda: store.destroy("acme", REF.transfer),
            lambda: store.destroy_all("acme", [REF.transfer]),
        ):
            with pytest.raises(StoreAway):
                call()
    assert [part.size for part in subject.open().parts(REF, upload)] == [10]


def test_an_unknown_error_passes_up(subject: BlobSubject) -> None:
    with subject.failing("unknown"), pytest.raises(subject.unknown_error):
        subject.open().begin(REF, single=False)


def test_free_bytes_is_a_number_or_none(subject: BlobSubject) -> None:
    free = subject.open().free_bytes()
    assert free is None or free >= 0


@pytest.mark.parametrize(
    "ref",
    [
        BlobRef("..", REF.transfer, REF.blob),
        BlobRef("acme/..", REF.transfer, REF.blob),
        BlobRef("acme", "..", REF.blob),
        BlobRef("acme", REF.transfer, "../../x"),
        BlobRef("acme", REF.transfer, REF.blob + "\n"),
        BlobRef("acme", REF.transfer, REF.blob + "\0"),
        BlobRef("acme", "", ""),
        BlobRef("ACME", REF.transfer, REF.blob),
    ],
)
def test_malformed_ids_answer_like_absent_ones(subject: BlobSubject, ref: BlobRef) -> None:
    store = subject.open()
    later = subject.now() + MINUTE
    for call in (
        lambda: store.begin(ref, single=False),
        lambda: store.begin(ref, single=True),
        lambda: store.put_url(ref, "single", number=1, size=1, expires_at=later, base_url=subject.base_url),
        lambda: store.get_url(ref, "0" * 32, expires_at=later, base_url=subject.base_url),
        lambda: list(store.read(ref, "0" * 32, offset=0, length=1)),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize(("tenant", "transfer"), [("..", REF.transfer), ("acme", ".."), ("acme", ""), ("", "")])
def test_destroy_and_remaining_refuse_malformed_ids(subject: BlobSubject, tenant: str, transfer: str) -> None:
    for call in (subject.open().destroy, subject.open().remaining):
        with pytest.raises(NotFound):
            call(tenant, transfer)
