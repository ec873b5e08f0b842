from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.domain.transfer import State
from chalicelib.stores.due_store import DueItem, due_key, due_put
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.change_transfer import ChangeTransfer, change_transfer
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from tests.unit.use_cases.sending import ADMIN, OTHER, TENANT, Office, principal

SMALL = (FileSpec(10, "a.txt", "text/plain"),)


def held(office: Office) -> Created:
    made = office.send([b"x"])
    until = office.ctx.clock.now + 5 * MINUTE
    head = replace(office.head(made), state=State.HELD, hold_until=until)
    office.ctx.records.transact([transfer_put(head), due_put(DueItem(TENANT, head.id, "hold", until))])
    return made


def due_items(office: Office, made: Created) -> set[tuple[str, int]]:
    return {
        (key.sk.split("#")[2], office.ctx.records.get(key).body["at"])  # type: ignore[union-attr]
        for key in office.ctx.records.rows
        if key.pk.startswith("due#") and made.head.id in key.sk
    }


def test_extending_moves_what_is_due() -> None:
    office = Office()
    made = held(office)
    now = office.ctx.clock.now
    head = change_transfer(
        office.ctx, principal(), made.head.id, ChangeTransfer(office.head(made).version, expires_at=now + 20 * DAY)
    )
    assert head == office.head(made)
    assert due_items(office, made) == {("expire", now + 20 * DAY), ("hold", now + 5 * MINUTE)}
    event = office.ctx.records.outbox[-1]
    assert (event.type, event.sequence, event.data["expires_at"]) == (
        "transfer.extended.v1",
        head.version,
        "2026-01-21T00:00:00.000Z",
    )


def test_minutes_count_from_now_by_the_servers_clock() -> None:
    office = Office()
    made = held(office)
    now = office.ctx.clock.now
    version = office.head(made).version
    head = change_transfer(
        office.ctx, principal(), made.head.id, ChangeTransfer(version, expires_in_minutes=3 * 24 * 60)
    )
    assert head.expires_at == now + 3 * DAY
    both = ChangeTransfer(head.version, expires_at=now + DAY, expires_in_minutes=60)
    with pytest.raises(Refused) as caught:
        change_transfer(office.ctx, principal(), made.head.id, both)
    assert caught.value.code == "expiry_twice"


def test_the_reminder_moves_with_the_end() -> None:
    office = Office()
    made = held(office)
    sent = change_transfer(
        office.ctx, principal(), made.head.id, ChangeTransfer(office.head(made).version, send_now=True)
    )
    now = office.ctx.clock.now
    assert due_items(office, made) == {("expire", now + 7 * DAY), ("expiring", now + 6 * DAY)}
    change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(sent.version, expires_at=now + 9 * DAY))
    assert due_items(office, made) == {("expire", now + 9 * DAY), ("expiring", now + 8 * DAY)}


def test_an_end_within_the_same_minute_keeps_one_due_item() -> None:
    office = Office()
    made = held(office)
    at = made.head.expires_at - 1
    change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(office.head(made).version, expires_at=at))
    assert ("expire", at) in due_items(office, made)


def test_send_now_ends_the_hold() -> None:
    office = Office()
    made = held(office)
    head = change_transfer(
        office.ctx, principal(), made.head.id, ChangeTransfer(office.head(made).version, send_now=True)
    )
    assert (head.state, head.ready_at) == (State.READY, office.ctx.clock.now)
    assert (
        office.ctx.records.rows.get(due_key(DueItem(TENANT, head.id, "hold", office.ctx.clock.now + 5 * MINUTE)))
        is None
    )
    assert office.ctx.records.outbox[-1].type == "transfer.ready.v1"
    with pytest.raises(Refused, match="state_wrong"):
        change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(head.version, send_now=True))


def test_send_now_before_the_checks_only_takes_the_hold_away() -> None:
    office = Office()
    made = office.send([b"x"], hold_minutes=30)
    head = change_transfer(
        office.ctx, principal(), made.head.id, ChangeTransfer(office.head(made).version, send_now=True)
    )
    assert (head.state, head.hold_minutes, head.send_at) == (State.CHECKING, 0, None)


def test_recipients_are_added_in_a_new_page() -> None:
    office = Office()
    made = held(office)
    specs = (RecipientSpec("late@example.com", "Late"), RecipientSpec("later@example.com"))
    version = office.head(made).version
    head = change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(version, add_recipients=specs))
    emails = [one.email for one in get_recipients(office.ctx.records, TENANT, head.id)]
    assert emails == ["guest@example.com", "late@example.com", "later@example.com"]
    assert (head.recipients, head.recipient_pages) == (3, 2)
    event = office.ctx.records.outbox[-1]
    assert (event.type, event.data["recipients"]) == ("transfer.recipients_added.v1", 2)
    again = ChangeTransfer(head.version, add_recipients=(RecipientSpec("GUEST@example.com"),), max_downloads=0)
    with pytest.raises(Refused) as caught:
        change_transfer(office.ctx, principal(), made.head.id, again)
    assert [one.code for one in caught.value.errors] == ["max_downloads_wrong", "recipient_twice"]
    most = tuple(RecipientSpec(f"r{n}@example.com") for n in range(498))
    with pytest.raises(Refused, match="too_many_recipients"):
        change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(head.version, add_recipients=most))


def test_a_changed_version_is_refused_and_nothing_changes() -> None:
    office = Office()
    made = held(office)
    version = office.head(made).version
    with pytest.raises(Refused, match="version_changed"):
        change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(version - 1, max_downloads=1))
    office.before_next_write(
        lambda: change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(version, max_downloads=2))
    )
    with pytest.raises(Refused, match="version_changed"):
        change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(version, max_downloads=3))
    assert office.head(made).max_downloads == 2


def test_nothing_given_writes_nothing() -> None:
    office = Office()
    made = held(office)
    head = office.head(made)
    assert change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(head.version)) == head
    assert office.head(made) == head


def test_only_the_owner_changes_and_only_while_it_is_there() -> None:
    office = Office()
    made = held(office)
    version = office.head(made).version
    for other in (OTHER, ADMIN):
        with pytest.raises(NotFound):
            change_transfer(office.ctx, principal(other), made.head.id, ChangeTransfer(version, max_downloads=1))
    for at, code in (
        (office.ctx.clock.now + 5 * MINUTE - 1, "expiry_past"),
        (office.ctx.clock.now + 90 * DAY + 1, "expiry_too_far"),
    ):
        with pytest.raises(Refused, match=code):
            change_transfer(office.ctx, principal(), made.head.id, ChangeTransfer(version, expires_at=at))
    office.ctx.clock.advance(7 * DAY)
    with pytest.raises(Refused, match="gone"):
        change_transfer(
            office.ctx, principal(), made.head.id, ChangeTransfer(version, expires_at=office.ctx.clock.now + DAY)
        )
