from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tenant import MINUTE
from chalicelib.domain.transfer import State, TransferClass
from chalicelib.stores.blobs_store import get_blobs, iterate_blobs
from chalicelib.stores.quota_store import get_usage
from chalicelib.use_cases.guests.guest_proof import proof_matches
from chalicelib.use_cases.sending.add_files import AddFiles, add_files
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.check_done import FileDone
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
from chalicelib.use_cases.sending.create_command import FileSpec
from chalicelib.use_cases.sending.issue_part_urls import AskedPart, issue_part_urls
from chalicelib.use_cases.sending.list_parts import list_parts
from chalicelib.use_cases.sending.sign_parts import PartUrl
from fumibako_format import base64url
from fumibako_format.keys import file_key
from fumibako_format.record import FileRecord, seal_record
from tests.unit.use_cases.sending import OTHER, TENANT, Office, principal

BIG = 20 << 20


def named(office: Office, made: Created, n: int, *, name: str | None = None, size: int | None = None) -> FileDone:
    entry = made.files[n]
    assert made.key is not None
    record = FileRecord(name or f"{n}.txt", "", entry.size if size is None else size, None)  # type: ignore[arg-type]
    sealed = seal_record(record, file_key=file_key(made.key, entry.id), file_id=entry.id, random=office.ctx.ids.random)
    return FileDone(entry.id, sealed)


def test_a_whole_transfer_goes_to_checking() -> None:
    office = Office()
    made = office.send([b"one", b"two" * 1_000_000, b""])
    head = office.head(made)
    assert (head.state, head.stored_files, head.files) == (State.CHECKING, 3, 3)
    assert all(one.named and one.stored and one.header is not None for one in office.files(made))
    assert all(one.complete and one.checksum is None for one in iterate_blobs(office.ctx.records, head))
    event = office.ctx.records.outbox[-1]
    assert (event.type, event.sequence) == ("transfer.completed.v1", head.version)
    assert event.data["files"] == 3
    assert head.abandon_at is None


def test_completing_twice_answers_the_same() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"),))
    done = office.sent(made, {made.files[0].id: b"abc"})
    first = complete_files(office.ctx, principal(), made.head.id, done)
    assert complete_files(office.ctx, principal(), made.head.id, done) == first
    once = complete_transfer(office.ctx, principal(), made.head.id, Completion())
    assert complete_transfer(office.ctx, principal(), made.head.id, Completion()) == once
    assert complete_files(office.ctx, principal(), made.head.id, done) == first


def test_a_pack_is_joined_when_its_last_file_is_named() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"), FileSpec(3, "1.txt")))
    done = office.sent(made, {made.files[0].id: b"abc", made.files[1].id: b"def"})
    files, blobs = complete_files(office.ctx, principal(), made.head.id, done[:1])
    assert (files[0].named, files[0].stored) == (True, False)
    assert blobs[files[0].blob].named == 1
    with pytest.raises(Refused, match="files_missing"):
        complete_transfer(office.ctx, principal(), made.head.id, Completion())
    complete_files(office.ctx, principal(), made.head.id, done[1:])
    assert [one.stored for one in office.files(made)] == [True, True]
    assert office.head(made).stored_files == 2


def test_missing_and_wrong_parts_are_told_and_change_nothing() -> None:
    office = Office()
    made = office.create((FileSpec(BIG, "0.txt"),))
    done = [named(office, made, 0)]
    with pytest.raises(Refused, match="part_missing"):
        complete_files(office.ctx, principal(), made.head.id, done)
    assert not office.files(made)[0].named
    assert office.head(made).stored_files == 0


def test_records_are_compared_with_what_was_announced() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"), FileSpec(4, "1.txt"), FileSpec(5, "2.txt"), FileSpec(6, "3.txt")))
    done = [
        named(office, made, 0, name="other.txt"),
        named(office, made, 1, size=5),
        FileDone(made.files[2].id, b"x" * 300),
        replace(named(office, made, 3), size=7, checksum="no blanks please", header=b"short"),
    ]
    with pytest.raises(Refused) as caught:
        complete_files(office.ctx, principal(), made.head.id, done)
    assert [(one.pointer, one.code) for one in caught.value.errors] == [
        ("/files/0/record", "name_differs"),
        ("/files/1/record", "size_differs"),
        ("/files/2/record", "record_wrong"),
        ("/files/3/size", "size_differs"),
        ("/files/3/checksum", "checksum_invalid"),
        ("/files/3/header", "header_wrong"),
    ]
    with pytest.raises(Refused, match="record_wrong"):
        complete_files(office.ctx, principal(), made.head.id, [FileDone(made.files[0].id)])


def test_a_second_header_for_a_file_is_refused() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"),))
    parts = [AskedPart(made.files[0].blob, 1)]
    file_id = made.files[0].id
    issue_part_urls(office.ctx, principal(), made.head.id, parts, headers={file_id: b"a" * 40})
    issue_part_urls(office.ctx, principal(), made.head.id, parts, headers={file_id: b"a" * 40})
    with pytest.raises(Refused, match="header_differs"):
        issue_part_urls(office.ctx, principal(), made.head.id, parts, headers={file_id: b"b" * 40})
    with pytest.raises(Refused, match="header_wrong"):
        issue_part_urls(office.ctx, principal(), made.head.id, parts, headers={file_id: b"b"})
    with pytest.raises(Refused, match="header_differs"):
        complete_files(office.ctx, principal(), made.head.id, [replace(named(office, made, 0), header=b"b" * 40)])
    assert office.files(made)[0].header == b"a" * 40


def test_a_file_of_unknown_length_is_fixed_at_complete() -> None:
    office = Office()
    office.set(allow_plain=True, quota_bytes=100)
    made = office.create((FileSpec(None, "0.txt"),), transfer_class=TransferClass.PLAIN)
    assert office.head(made).bytes == 0
    blob = made.files[0].blob
    assert made.uploads == []
    (short,) = issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(blob, 1, 7)])
    office.ctx.blobs.put(short.signed, b"1234567")
    file_id = made.files[0].id
    with pytest.raises(Refused, match="size_missing"):
        complete_files(office.ctx, principal(), made.head.id, [FileDone(file_id)])
    with pytest.raises(Refused, match="part_wrong"):
        complete_files(office.ctx, principal(), made.head.id, [FileDone(file_id, size=8)])
    files, blobs = complete_files(office.ctx, principal(), made.head.id, [FileDone(file_id, size=7)])
    assert (files[0].size, files[0].length, files[0].stored, blobs[blob].size) == (7, 7, True, 7)
    head = office.head(made)
    assert (head.bytes, head.stored_bytes) == (7, 7)
    assert get_usage(office.ctx.records, TENANT, head.id, "2026-01-01").bytes == 7


def test_the_quota_counts_bytes_that_were_unknown() -> None:
    office = Office()
    office.set(allow_plain=True, quota_bytes=6)
    made = office.create((FileSpec(None, "0.txt"),), transfer_class=TransferClass.PLAIN)
    with pytest.raises(Refused, match="quota_full"):
        issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(made.files[0].blob, 1, 7)])
    (short,) = issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(made.files[0].blob, 1, 6)])
    office.ctx.blobs.put(short.signed, b"123456")
    complete_files(office.ctx, principal(), made.head.id, [FileDone(made.files[0].id, size=6)])
    assert office.head(made).stored_bytes == 6


def test_zero_bytes_are_one_empty_part() -> None:
    office = Office()
    office.set(allow_plain=True)
    made = office.create((FileSpec(0, "0.txt"),), transfer_class=TransferClass.PLAIN)
    office.ctx.blobs.put(made.uploads[0].signed, b"")
    files, blobs = complete_files(office.ctx, principal(), made.head.id, [FileDone(made.files[0].id)])
    assert files[0].stored
    assert blobs[files[0].blob].size == 0


def test_two_calls_at_once_both_end_well() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"), FileSpec(2 << 20, "1.txt")))
    contents = {made.files[0].id: b"abc", made.files[1].id: b"d" * (2 << 20)}
    done = office.sent(made, contents)
    office.before_next_write(lambda: complete_files(office.ctx, principal(), made.head.id, done[1:]))
    complete_files(office.ctx, principal(), made.head.id, done[:1])
    assert office.head(made).stored_files == 2
    assert all(one.stored for one in office.files(made))


def test_parts_are_asked_one_by_one_and_listed_from_the_store() -> None:
    office = Office()
    made = office.create((FileSpec(BIG, "0.txt"),))
    blob = made.files[0].blob
    assert list_parts(office.ctx, principal(), made.head.id, blob) == []
    (second,) = issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(blob, 2)])
    office.ctx.blobs.put(second.signed, b"x" * second.part.size)
    (held,) = list_parts(office.ctx, principal(), made.head.id, blob)
    assert (held.number, held.size) == (2, second.part.size)
    for wrong, code in (
        (AskedPart(blob, 3), "part_unknown"),
        (AskedPart(blob, 0), "part_unknown"),
        (AskedPart(blob, 1, 5), "part_size_wrong"),
    ):
        with pytest.raises(Refused, match=code):
            issue_part_urls(office.ctx, principal(), made.head.id, [wrong])
    with pytest.raises(Refused, match="parts_wrong"):
        issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(blob, 1), AskedPart(blob, 1)])
    with pytest.raises(NotFound):
        issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart("bl_01kdv0000000000000000000a1", 1)])
    with pytest.raises(NotFound):
        issue_part_urls(office.ctx, principal(OTHER), made.head.id, [AskedPart(blob, 1)])


def test_of_two_who_begin_an_upload_at_once_both_send_to_the_same() -> None:
    office = Office()
    made = office.create(tuple(FileSpec(BIG, f"{n}.txt") for n in range(17)))
    blob = made.files[16].blob
    assert all(one.part.blob != blob for one in made.uploads)
    first: list[PartUrl] = []
    asked = [AskedPart(blob, 1)]
    office.before_next_write(lambda: first.extend(issue_part_urls(office.ctx, principal(), made.head.id, asked)))
    second = issue_part_urls(office.ctx, principal(), made.head.id, asked)
    for url in (*first, *second):
        office.ctx.blobs.put(url.signed, b"x" * url.part.size)
    assert len(list_parts(office.ctx, principal(), made.head.id, blob)) == 1


def test_urls_never_outlive_the_transfer_and_the_head_knows_their_end() -> None:
    office = Office()
    made = office.create((FileSpec(BIG, "0.txt"),), expires_in_minutes=30)
    office.ctx.clock.advance(25 * MINUTE)
    version = office.head(made).version
    asked = [AskedPart(made.files[0].blob, 1)]
    (url,) = issue_part_urls(office.ctx, principal(), made.head.id, asked)
    assert url.signed.expires_at == made.head.expires_at
    head = office.head(made)
    assert (head.put_urls_until, head.last_part_at, head.version) == (
        made.head.expires_at,
        office.ctx.clock.now,
        version + 1,
    )
    issue_part_urls(office.ctx, principal(), made.head.id, asked)
    assert office.head(made).version == version + 1
    office.ctx.clock.advance(5 * MINUTE)
    with pytest.raises(Refused, match="gone"):
        issue_part_urls(office.ctx, principal(), made.head.id, asked)


def test_a_refused_call_writes_nothing_even_when_urls_would_live_longer_now() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"), FileSpec(2 << 20, "1.txt")))
    complete_files(office.ctx, principal(), made.head.id, office.sent(made, {made.files[0].id: b"abc"}))
    # Past a step of put_urls_until: a call that is granted writes the head.
    office.ctx.clock.advance(6 * MINUTE)
    version = office.head(made).version
    with pytest.raises(Refused, match="upload_closed"):
        issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(made.files[0].blob, 1)])
    assert office.head(made).version == version


def test_no_part_is_signed_for_a_complete_blob_or_transfer() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"), FileSpec(2 << 20, "1.txt")))
    done = office.sent(made, {made.files[0].id: b"abc"})
    complete_files(office.ctx, principal(), made.head.id, done)
    with pytest.raises(Refused, match="upload_closed"):
        issue_part_urls(office.ctx, principal(), made.head.id, [AskedPart(made.files[0].blob, 1)])
    whole = office.send([b"x"])
    with pytest.raises(Refused, match="state_wrong"):
        issue_part_urls(office.ctx, principal(), whole.head.id, [AskedPart(whole.files[0].blob, 1)])


def test_more_files_join_the_last_page() -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"),), more_files=True)
    more = add_files(
        office.ctx,
        principal(),
        made.head.id,
        AddFiles((FileSpec(4, "1.txt"), FileSpec(3 << 20, "2.txt")), more_files=True),
    )
    assert [one.index for one in more.files] == [1, 2]
    head = office.head(made)
    assert (head.files, len(head.file_pages), head.blobs, head.more_files) == (3, 1, 3, True)
    assert set(get_blobs(office.ctx.records, head, [one.blob for one in office.files(made)])) == set(made.blobs) | set(
        more.blobs
    )
    with pytest.raises(Refused, match="name_twice"):
        add_files(office.ctx, principal(), made.head.id, AddFiles((FileSpec(4, "1.TXT"),)))
    add_files(office.ctx, principal(), made.head.id, AddFiles((FileSpec(4, "3.txt"),)))
    assert not office.head(made).more_files


@pytest.mark.slow
def test_10_000_files_are_the_most() -> None:
    office = Office()
    made = office.create((FileSpec(1, "x.txt"),), more_files=True)
    for call in range(19):
        specs = tuple(FileSpec(1, f"{call}-{n}") for n in range(500))
        add_files(office.ctx, principal(), made.head.id, AddFiles(specs, more_files=True))
    with pytest.raises(Refused, match="too_many_files"):
        add_files(office.ctx, principal(), made.head.id, AddFiles(tuple(FileSpec(1, f"z{n}") for n in range(500))))
    head = office.head(made)
    assert head.files == 9_501
    assert len(head.file_pages) == 48
    row = office.ctx.records.rows[
        next(key for key in office.ctx.records.rows if key.sk == "head" and head.id in key.pk)
    ]
    assert len(row.text) < 32_000


def test_a_sealed_transfer_needs_slots_and_keeps_records_unopened() -> None:
    office = Office()
    made = office.create((FileSpec(3),), transfer_class=TransferClass.SEALED, proof="passphrase")
    assert made.key is None
    office.ctx.blobs.put(made.uploads[0].signed, b"c" * 59)
    complete_files(office.ctx, principal(), made.head.id, [FileDone(made.files[0].id, b"r" * 4096)])
    with pytest.raises(Refused, match="slots_missing"):
        complete_transfer(office.ctx, principal(), made.head.id, Completion())
    link = {"v": 1, "kind": "link", "nonce": "AA"}
    words = {"v": 1, "kind": "passphrase", "salt": "AA", "m": 65536}
    with pytest.raises(Refused, match="slots_missing"):
        complete_transfer(office.ctx, principal(), made.head.id, Completion((link,), b"p" * 32))
    with pytest.raises(Refused, match="passphrase_auth_missing"):
        complete_transfer(office.ctx, principal(), made.head.id, Completion((link, words)))
    head = complete_transfer(office.ctx, principal(), made.head.id, Completion((link, words), b"p" * 32))
    assert (head.state, head.slots) == (State.CHECKING, (link, words))
    assert head == office.head(made)
    assert proof_matches(office.ctx, base64url.encode(b"p" * 32), head.passphrase_auth_hash or "")


@pytest.mark.parametrize(
    "slots",
    [
        ({"v": 2, "kind": "link"},),
        ({"v": 1, "kind": "key"},),
        ({"v": 1, "kind": "link", "x": []},),
        ({"v": 1, "kind": "link"},) * 9,
        ({"v": 1, "kind": "link", "x": "x" * 8_200},),
    ],
)
def test_slots_of_another_shape_are_refused(slots: tuple[dict[str, object], ...]) -> None:
    office = Office()
    made = office.create((FileSpec(3, "0.txt"),))
    with pytest.raises(Refused, match="slots_wrong"):
        complete_transfer(office.ctx, principal(), made.head.id, Completion(slots))
    with pytest.raises(Refused, match="passphrase_auth_wrong"):
        complete_transfer(office.ctx, principal(), made.head.id, Completion((), b"short"))
