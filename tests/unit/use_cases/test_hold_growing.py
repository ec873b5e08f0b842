"""A file of unknown length counts before its bytes come: no part of it is allowed beyond the quota or the file request."""

from collections.abc import Sequence

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event
from chalicelib.domain.quota import day_of
from chalicelib.domain.transfer import TransferClass
from chalicelib.ports.record_store import Operation
from chalicelib.stores.quota_store import get_usage
from chalicelib.stores.request_store import get_request
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.check_done import FileDone
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.create_command import FileSpec
from chalicelib.use_cases.sending.issue_part_urls import AskedPart, issue_part_urls
from chalicelib.use_cases.sending.sign_parts import PartUrl
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import TENANT, Office, principal
from tests.unit.use_cases.test_requests import asked, fill
from tests.unit.use_cases.test_requests import guest as guest_of

PART = 16 << 20


def streaming(office: Office, files: int = 1) -> Created:
    office.set(allow_plain=True)
    specs = tuple(FileSpec(None, f"{n}.bin") for n in range(files))
    return office.create(specs, transfer_class=TransferClass.PLAIN)


def ask(office: Office, made: Created, *numbers: int, file: int = 0, size: int | None = None) -> list[PartUrl]:
    parts = [AskedPart(made.files[file].blob, number, size) for number in numbers]
    return issue_part_urls(office.ctx, principal(), made.head.id, parts)


def kept(office: Office, made: Created) -> tuple[int, int]:
    """What the transfer and its tenant hold."""
    day = day_of(office.ctx.clock.now_ms())
    return office.head(made).stored_bytes, get_usage(office.ctx.records, TENANT, made.head.id, day).bytes


def test_each_part_counts_once_up_to_its_end() -> None:
    office = Office()
    made = streaming(office)
    assert kept(office, made) == (0, 0)
    ask(office, made, 1)
    assert kept(office, made) == (PART, PART)
    ask(office, made, 1)
    ask(office, made, 1, size=5)
    assert kept(office, made) == (PART, PART)
    ask(office, made, 2, 3)
    assert kept(office, made) == (3 * PART, 3 * PART)
    # A part further on holds all that lies before it.
    ask(office, made, 7, size=1)
    assert kept(office, made) == (6 * PART + 1, 6 * PART + 1)


def test_nothing_is_allowed_beyond_the_quota_over_all_files() -> None:
    office = Office()
    office.set(quota_bytes=3 * PART)
    made = streaming(office, files=3)
    ask(office, made, 1, file=0)
    ask(office, made, 1, 2, file=1)
    before = dict(office.ctx.records.rows)
    for file, number in ((0, 2), (1, 3), (2, 1), (2, 10_000)):
        with pytest.raises(Refused, match="quota_full"):
            ask(office, made, number, file=file)
    assert office.ctx.records.rows == before
    assert kept(office, made) == (3 * PART, 3 * PART)


def test_many_files_at_once_are_held_in_writes_that_every_store_takes() -> None:
    office = Office()
    office.set(quota_bytes=256 * PART)
    made = streaming(office, files=256)
    transact, sizes = office.ctx.records.transact, []

    def counting(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        sizes.append(len(operations) + len(events))
        transact(operations, events)

    office.ctx.records.transact = counting  # type: ignore[method-assign]
    parts = [AskedPart(one.blob, 1) for one in made.files]
    assert len(issue_part_urls(office.ctx, principal(), made.head.id, parts)) == 256
    assert max(sizes) <= 100
    assert kept(office, made) == (256 * PART, 256 * PART)


def test_completing_gives_back_what_was_held_too_much() -> None:
    office = Office()
    made = streaming(office)
    (url,) = ask(office, made, 1, size=7)
    office.ctx.blobs.put(url.signed, b"1234567")
    ask(office, made, 2, 3)
    complete_files(office.ctx, principal(), made.head.id, [FileDone(made.files[0].id, size=7)])
    assert kept(office, made) == (7, 7)
    assert office.head(made).bytes == 7


def test_a_transfer_that_ends_gives_back_what_was_held() -> None:
    office = LivingOffice()
    made = streaming(office)
    ask(office, made, 1, 2)
    recall_transfer(office.ctx, principal(), made.head.id)
    office.ctx.clock.advance(3_600_000)
    office.settle()
    assert kept(office, made) == (0, 0)


def test_of_two_who_ask_at_once_both_count() -> None:
    office = Office()
    made = streaming(office, files=2)
    office.before_next_write(lambda: ask(office, made, 1, file=1))
    ask(office, made, 1, file=0)
    assert kept(office, made) == (2 * PART, 2 * PART)


def test_a_guest_holds_no_more_than_the_file_request_takes() -> None:
    office = Office()
    made = asked(office, max_bytes=PART)
    guest = guest_of(office, made.request.id)
    filled = fill(office, guest, None)
    blob = filled.files[0].blob
    issue_part_urls(office.ctx, guest, filled.head.id, [AskedPart(blob, 1)])
    assert get_request(office.ctx.records, TENANT, made.request.id).used_bytes == PART
    with pytest.raises(Refused, match="request_limit"):
        issue_part_urls(office.ctx, guest, filled.head.id, [AskedPart(blob, 2)])
