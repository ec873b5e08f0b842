"""What a recipient is told of the files before anything is fetched, and that telling it counts nothing."""

import json

from chalicelib.api.transfers_render import files_answer
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import TransferClass
from chalicelib.stores.recipients_store import get_state
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.check_done import FileDone
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from chalicelib.use_cases.sending.show_files import show_files
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import ADDRESSES, OTHER, TENANT, principal


def told(office: LivingOffice, who: Principal, created: Created) -> list[tuple[str | None, str | None, bool]]:
    """Name, media type, and whether there is a record, as the answer has them."""
    page = show_files(office.ctx, who, created.head.id, cursor=None, limit=10)
    answers = files_answer(page.files, page.blobs, page.names, page.media_types)
    return [(one.name, one.media_type, one.record is not None) for one in answers]


def plain(office: LivingOffice) -> Created:
    office.set(allow_plain=True)
    created = office.create((FileSpec(3, "a.txt", "text/csv"),), transfer_class=TransferClass.PLAIN, hold_minutes=0)
    for url in created.uploads:
        office.ctx.blobs.put(url.signed, b"abc")
    complete_files(office.ctx, principal(), created.head.id, [FileDone(created.files[0].id, None)])
    complete_transfer(office.ctx, principal(), created.head.id, Completion())
    office.work()
    return created


def test_a_guest_is_told_names_and_types_of_managed_files_beside_their_records() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"de"])
    assert told(office, office.guest(created), created) == [
        ("0.txt", "text/plain", True),
        ("1.txt", "text/plain", True),
    ]


def test_a_member_who_is_addressed_is_told_the_same() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], recipients=(RecipientSpec(ADDRESSES[OTHER]),))
    assert told(office, principal(OTHER), created) == [("0.txt", "text/plain", True)]


def test_plain_files_have_a_name_and_no_record() -> None:
    office = LivingOffice()
    created = plain(office)
    assert told(office, office.guest(created), created) == [("a.txt", "text/csv", False)]


def test_sealed_files_have_a_record_and_no_name() -> None:
    office = LivingOffice()
    created = office.send_sealed([b"abc"])
    office.work()
    assert told(office, office.guest(created), created) == [(None, None, True)]


def test_listing_counts_nothing_and_writes_nothing() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1)
    before = {key: row.version for key, row in office.ctx.records.rows.items()}
    told(office, office.guest(created), created)
    assert {key: row.version for key, row in office.ctx.records.rows.items()} == before
    assert get_state(office.ctx.records, TENANT, created.head.id, office.guest(created).id).downloads == 0


def test_a_record_that_does_not_open_leaves_its_file_nameless() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"de"])
    row = next(row for at, row in office.ctx.records.rows.items() if at.sk.startswith("files#"))
    body = json.loads(row.text)
    record = body["files"][0]["record"]
    body["files"][0]["record"] = ("A" if record[60] != "A" else "B").join((record[:60], record[61:]))
    object.__setattr__(row, "text", json.dumps(body))
    assert [name for name, _, _ in told(office, office.guest(created), created)] == [None, "1.txt"]
