"""Expiry, recall, destruction: to the minute, in batches, and whatever is killed in between."""

import json
from contextlib import suppress

import pytest

from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.domain.transfer import Reason, State
from chalicelib.ports.blob_store import BlobRef
from chalicelib.ports.record_store import Key
from chalicelib.stores.due_store import DueItem, due_key, due_put
from chalicelib.stores.link_store import get_link_by_hash
from chalicelib.stores.quota_store import get_usage
from chalicelib.stores.recipients_store import get_recipients, get_state
from chalicelib.stores.wrapped_key_store import wrapped_key
from chalicelib.use_cases.clearing.invite_recipients import token_of
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.ending.recipients_after import read_recipients
from chalicelib.use_cases.ending.verify_absence import verify_absence
from chalicelib.use_cases.receiving.complete_download import complete_download
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from tests.unit.use_cases.living import LivingOffice, types
from tests.unit.use_cases.sending import ADMIN, OTHER, TENANT, principal


def expired_office(**fields: object) -> tuple[LivingOffice, str]:
    office = LivingOffice()
    office.sweep()
    created = office.ready([b"abc"], title="secret title", **fields)
    office.ctx.clock.now = office.head(created).expires_at
    return office, created.head.id


def state_of(office: LivingOffice, transfer: str) -> State:
    return office.head_of(transfer).state


def test_expiry_is_worked_off_within_its_minute() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.ready([b"abc"], expires_in_minutes=10)
    office.ctx.clock.now = office.head(created).expires_at - MINUTE
    office.sweep()
    assert office.head(created).state is State.READY
    office.ctx.clock.advance(2 * MINUTE)
    office.sweep()
    head = office.head(created)
    assert (head.state, head.reason) == (State.DESTROYED, Reason.EXPIRED)
    assert head.destroyed_at == head.verified_absent_at == office.ctx.clock.now


def test_missed_minutes_are_caught_up() -> None:
    office = LivingOffice()
    office.sweep()
    early = office.ready([b"abc"], expires_in_minutes=10)
    late = office.ready([b"abc"], expires_in_minutes=5 * 24 * 60)
    office.ctx.clock.advance(6 * DAY)
    office.sweep()
    assert {office.head(early).state, office.head(late).state} == {State.DESTROYED}


def test_what_was_extended_is_left_alone() -> None:
    office, transfer = expired_office()
    head = office.head_of(transfer)
    office.write(head, expires_at=head.expires_at + DAY)
    office.sweep()
    assert state_of(office, transfer) is State.READY
    office.ctx.clock.advance(DAY + MINUTE)
    office.sweep()  # its item was moved along
    assert state_of(office, transfer) is State.DESTROYED


def test_nothing_of_names_tokens_and_addresses_is_left_in_clear() -> None:
    office, transfer = expired_office(recipients=(RecipientSpec("guest@example.com", "Guest Name"),))
    head = office.head_of(transfer)
    (entry,) = get_recipients(office.ctx.records, TENANT, transfer)
    state = get_state(office.ctx.records, TENANT, transfer, entry.id)
    token = token_of(office.ctx, head, state)
    assert token is not None
    with pytest.raises(Refused, match="gone"):
        start_download(office.ctx, office.guest_of(entry.id, transfer), StartDownload(transfer))
    office.sweep()
    texts = [row.text for key, row in office.ctx.records.rows.items() if "outbox" not in key.pk]
    for secret in ("secret title", "guest@example.com", "Guest Name"):
        assert not any(secret in text for text in texts)
    assert not any("record" in one for one in json.loads(office.text(transfer, "files#00000"))["files"])
    after = get_state(office.ctx.records, TENANT, transfer, entry.id)
    assert (after.token, after.state) == (None, "invited")
    assert token_of(office.ctx, head, after) is None
    link = get_link_by_hash(office.ctx.records, TENANT, state.link or "")
    assert (link.state, link.address) == ("closed", None)
    assert [one.email for one in read_recipients(office.ctx, office.head_of(transfer))] == ["guest@example.com"]


def test_many_are_destroyed_in_shared_transactions() -> None:
    office = LivingOffice()
    office.sweep()
    made = [office.ready([b"abc"]) for _ in range(30)]
    office.ctx.clock.now = max(office.head(one).expires_at for one in made) - MINUTE
    office.sweep()
    office.ctx.clock.advance(MINUTE)
    office.ctx.records.calls.clear()
    office.sweep()
    assert {office.head(one).state for one in made} == {State.DESTROYED}
    assert office.ctx.records.calls["transact"] <= 20
    usage = get_usage(office.ctx.records, TENANT, made[0].head.id, "2026-01-01")
    assert usage.bytes == 0


def test_a_store_that_is_away_is_tried_again() -> None:
    office, transfer = expired_office()
    office.ctx.blobs.away = True
    office.sweep()
    assert state_of(office, transfer) is State.DESTROYING
    assert office.ctx.wrapped_keys.get(wrapped_key(TENANT, transfer)) is None
    office.ctx.blobs.away = False
    office.ctx.clock.advance(2 * MINUTE)
    office.sweep()
    assert state_of(office, transfer) is State.DESTROYED


def test_something_left_behind_is_never_certified() -> None:
    office, transfer = expired_office()
    destroy = office.ctx.blobs.destroy
    office.ctx.blobs.destroy = lambda tenant, transfer: None  # type: ignore[method-assign]  # a sweeper that forgets
    for _ in range(3):
        office.sweep()
        office.ctx.clock.advance(2 * MINUTE)
    assert state_of(office, transfer) is State.DESTROYING
    with pytest.raises(Refused, match="not_yet_absent"):
        verify_absence(office.ctx, office.head_of(transfer))
    office.ctx.blobs.destroy = destroy  # type: ignore[method-assign]
    office.sweep()
    assert state_of(office, transfer) is State.DESTROYED
    verify_absence(office.ctx, office.head_of(transfer))


class Killed(BaseException):
    """kill -9, as far as a test can have it."""


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_at_any_write_the_next_sweep_goes_on(step: int) -> None:
    office, transfer = expired_office()
    left = [step]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    office.ctx.records.before_commit = die
    office.ctx.wrapped_keys.before_commit = die
    with suppress(Killed):
        office.sweep()
    office.ctx.records.before_commit = office.ctx.wrapped_keys.before_commit = None
    office.ctx.clock.advance(2 * MINUTE)
    office.settle()
    assert state_of(office, transfer) is State.DESTROYED
    assert office.text(transfer, "certificate#deletion")
    assert office.ctx.blobs.remaining(TENANT, transfer) == []


def test_an_upload_that_nobody_finishes_is_abandoned() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.create((FileSpec(3, "a.txt"),), expires_in_minutes=20 * 24 * 60)
    office.ctx.clock.advance(7 * DAY - MINUTE)
    office.sweep()
    assert office.head(created).state is State.UPLOADING
    office.ctx.clock.advance(2 * MINUTE)
    office.sweep()
    head = office.head(created)
    assert (head.state, head.reason) == (State.DESTROYED, Reason.ABANDONED)


def test_new_parts_put_abandoning_off() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.create((FileSpec(3, "a.txt"),), expires_in_minutes=30 * 24 * 60)
    office.ctx.clock.advance(5 * DAY)
    office.write(office.head(created), last_part_at=office.ctx.clock.now)
    office.ctx.clock.advance(3 * DAY)
    office.sweep()
    assert office.head(created).state is State.UPLOADING
    office.ctx.clock.advance(5 * DAY)
    office.sweep()
    assert office.head(created).reason is Reason.ABANDONED


def test_late_puts_make_the_certificate_wait() -> None:
    office = LivingOffice()
    office.sweep()
    office.ctx.blobs.late_puts = True
    created = office.ready([b"abc"])
    recall_transfer(office.ctx, principal(), created.head.id)
    office.settle()
    head = office.head(created)
    assert head.state is State.DESTROYING
    assert office.ctx.blobs.remaining(TENANT, head.id) == []
    first = head.destroyed_at
    ref = BlobRef(TENANT, head.id, office.files(created)[0].blob)
    office.ctx.blobs.begin(ref, single=True)  # what a signed PUT can still do on S3
    office.ctx.clock.now = head.put_urls_until + MINUTE
    office.settle()
    head = office.head(created)
    assert (head.state, head.destroyed_at, head.verified_absent_at) == (
        State.DESTROYED,
        first,
        office.ctx.clock.now,
    )
    assert office.ctx.blobs.remaining(TENANT, head.id) == []


def test_recall_ends_it_at_once() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], title="t")
    head = recall_transfer(office.ctx, principal(), created.head.id)
    assert (head.state, head.reason, head.version) == (State.CLOSED, Reason.REVOKED, office.head(created).version)
    assert office.ctx.wrapped_keys.get(wrapped_key(TENANT, head.id)) is None
    with pytest.raises(Refused, match="gone"):
        start_download(office.ctx, office.guest(created), StartDownload(head.id))
    assert recall_transfer(office.ctx, principal(), head.id) == head
    events = office.work()
    assert types(events) == ["transfer.closed", "transfer.destroyed"]
    opened = office.ctx.keys.open(
        events[0].sealed["notifications"], tenant=TENANT, purpose="event-notifications", context=events[0].id
    )
    assert [mail["to"] for mail in json.loads(opened)["mails"]] == ["guest@example.com"]
    assert office.head(created).state is State.DESTROYED


def test_a_lost_event_is_made_up_for_by_the_due_item() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.ready([b"abc"])
    recall_transfer(office.ctx, principal(), created.head.id)
    office.ctx.records.outbox.clear()
    office.ctx.clock.advance(MINUTE)
    office.sweep()
    assert office.head(created).state is State.DESTROYED


def test_only_owner_and_admin_recall() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    for stranger in (principal(OTHER), office.guest(created)):
        with pytest.raises(NotFound):
            recall_transfer(office.ctx, stranger, created.head.id)
    assert recall_transfer(office.ctx, principal(ADMIN), created.head.id).reason is Reason.REVOKED


def test_recall_and_ready_meet_and_recall_wins() -> None:
    office = LivingOffice()
    created = office.send([b"abc"], hold_minutes=5)
    office.work()
    office.ctx.clock.advance(5 * MINUTE)
    office.before_next_write(office.sweep)
    assert recall_transfer(office.ctx, principal(), created.head.id).state is State.CLOSED
    assert office.head(created).ready_at is not None


def test_reminders_go_out_once_to_those_who_have_not_fetched() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.ready([b"abc"], recipients=(RecipientSpec("a@example.com"), RecipientSpec("b@example.com")))
    opened = start_download(office.ctx, office.guest(created), StartDownload(created.head.id))
    complete_download(office.ctx, office.guest(created), transfer=created.head.id, session=opened.session)
    office.work()
    item = DueItem(TENANT, created.head.id, "expiring", office.head(created).expires_at - DAY)
    assert office.ctx.records.get(due_key(item)) is not None
    office.ctx.clock.now = item.at
    office.sweep()
    office.ctx.records.transact([due_put(item)])
    office.sweep()
    (event,) = office.work()
    assert types([event]) == ["transfer.expiring"]
    opened_mails = office.ctx.keys.open(
        event.sealed["notifications"], tenant=TENANT, purpose="event-notifications", context=event.id
    )
    mails = json.loads(opened_mails)["mails"]
    assert [(mail["to"], mail["role"], "url" in mail) for mail in mails] == [
        ("b@example.com", "recipient", True),
        ("hanako@acme.example", "sender", False),
    ]


def test_one_sweeper_at_a_time_and_a_failing_item_holds_up_nobody() -> None:
    office, transfer = expired_office()
    other = office.ready([b"abc"], expires_in_minutes=10)
    office.ctx.clock.now = office.head(other).expires_at
    office.ctx.records.transact([due_put(DueItem("nobody", transfer, "expire", office.ctx.clock.now))])
    broken = Key(f"{TENANT}#tr#{transfer}", "head")
    row = office.ctx.records.rows[broken]
    office.ctx.records.rows[broken] = type(row)(row.version, '{"tenant": "acme"}', None)
    office.sweep()
    assert office.head(other).state is State.DESTROYED
    office.ctx.records.rows[broken] = row
    office.ctx.clock.advance(6 * MINUTE)
    office.sweep()
    assert state_of(office, transfer) is State.DESTROYED


def test_a_second_sweeper_finds_the_lease_taken() -> None:
    office, transfer = expired_office()
    seen: list[int] = []
    office.before_next_write(lambda: None)
    office.ctx.blobs.destroy = _during(office, seen, office.ctx.blobs.destroy)  # type: ignore[method-assign]
    assert office.sweep().finished
    assert seen == [0]
    assert state_of(office, transfer) is State.DESTROYED


def _during(office: LivingOffice, seen: list[int], destroy):  # type: ignore[no-untyped-def]
    def act(tenant: str, transfer: str) -> None:
        seen.append(office.sweep().items)
        destroy(tenant, transfer)

    return act


def test_store_away_in_the_sweep_passes_nothing_up() -> None:
    office, transfer = expired_office()
    office.ctx.wrapped_keys.fault = StoreAway()
    office.sweep()
    office.ctx.wrapped_keys.fault = None
    office.ctx.clock.advance(6 * MINUTE)
    office.sweep()
    assert state_of(office, transfer) is State.DESTROYED


def test_parts_of_an_upload_can_not_come_back_and_nobody_waits_for_them() -> None:
    office = LivingOffice()
    office.ctx.blobs.late_puts = True
    created = office.create((FileSpec(20_000_000, "a.bin"),))
    assert created.head.put_urls_until > office.ctx.clock.now
    recall_transfer(office.ctx, principal(), created.head.id)
    office.work()
    head = office.head(created)
    assert (head.state, head.put_urls_until) == (State.DESTROYED, 0)
