import json
from collections.abc import Iterator

import pytest

from chalicelib.domain.errors import StoreAway
from chalicelib.domain.tenant import MINUTE
from chalicelib.domain.transfer import Reason, Scan, State, TransferClass
from chalicelib.ports.blob_store import BlobRef
from chalicelib.use_cases.clearing.check_transfer import check_transfer
from chalicelib.use_cases.sending.create_command import RecipientSpec
from tests.fakes.blob_store import FakeBlob
from tests.fakes.scanner import EICAR
from tests.unit.use_cases.living import LivingOffice, types
from tests.unit.use_cases.sending import TENANT


def test_clean_files_are_held_and_then_ready() -> None:
    office = LivingOffice()
    created = office.send([b"abc", b"d" * 2_000_000], hold_minutes=5)
    events = office.work()
    head = office.head(created)
    assert types(events) == ["transfer.created", "transfer.completed", "transfer.checked", "transfer.held"]
    assert events[2].data == {"actor": "system", "scan": "clean", "decision": "release"}
    assert (head.state, head.scan, head.hold_until) == (State.HELD, Scan.CLEAN, office.ctx.clock.now + 5 * MINUTE)
    assert {entry.scan for entry in office.files(created)} == {"clean"}
    assert sorted(office.ctx.scanner.scanned) == [3, 2_000_000]
    office.ctx.clock.advance(4 * MINUTE)
    office.sweep()
    assert office.head(created).state is State.HELD
    office.ctx.clock.advance(MINUTE)
    office.sweep()
    assert office.head(created).state is State.READY
    assert types(office.work()) == ["transfer.ready", "recipient.invited"]


def test_send_at_holds_until_then() -> None:
    office = LivingOffice()
    at = office.ctx.clock.now + 90 * MINUTE
    created = office.send([b"abc"], hold_minutes=0, send_at=at)
    office.work()
    assert office.head(created).hold_until == at
    office.ctx.clock.now = at
    office.settle()
    assert office.head(created).state is State.READY


def test_malware_closes_the_transfer_and_destroys_it() -> None:
    office = LivingOffice()
    created = office.send([b"fine", b"..." + EICAR])
    events = office.work()
    head = office.head(created)
    assert (head.state, head.reason, head.scan) == (State.DESTROYED, Reason.INFECTED, Scan.INFECTED)
    assert types(events)[2:] == ["transfer.checked", "transfer.closed", "transfer.destroyed"]
    assert office.ctx.blobs.remaining(TENANT, head.id) == []


def test_not_scanned_is_said_and_passes() -> None:
    office = LivingOffice()
    office.ctx.scanner.kind = "not_scanned"
    assert office.head(office.ready([b"abc"])).scan is Scan.NOT_SCANNED


@pytest.mark.parametrize(
    ("rule", "state"),
    [("allow", State.READY), ("approve", State.AWAITING_APPROVAL), ("block", State.BLOCKED)],
)
def test_the_tenants_rule_decides_on_what_cannot_be_scanned(rule: str, state: State) -> None:
    office = LivingOffice()
    office.set(unscannable=rule)
    office.ctx.scanner.limit = 2
    created = office.send([b"abc"], hold_minutes=0)
    office.work()
    assert (office.head(created).state, office.head(created).scan) == (state, Scan.UNSCANNABLE)
    assert [entry.scan for entry in office.files(created)] == ["too_large"]


def test_a_scanner_that_is_away_leaves_the_transfer_in_checking() -> None:
    office = LivingOffice()
    created = office.send([b"abc"], hold_minutes=0)
    office.ctx.scanner.away = True
    with pytest.raises(StoreAway):
        office.work()
    assert office.head(created).state is State.CHECKING
    office.ctx.scanner.away = False
    check_transfer(office.ctx, TENANT, created.head.id)
    assert office.head(created).state is State.READY


def test_bytes_that_do_not_open_are_blocked() -> None:
    office = LivingOffice()
    created = office.send([b"abc"], hold_minutes=0)
    (entry,) = office.files(created)
    ref = BlobRef(TENANT, created.head.id, entry.blob)
    blob = office.ctx.blobs.blobs[ref]
    office.ctx.blobs.blobs[ref] = FakeBlob(blob.version, blob.data[:-1] + bytes([blob.data[-1] ^ 1]), blob.sizes)
    office.work()
    assert (office.head(created).state, office.head(created).scan) == (State.BLOCKED, Scan.UNSCANNABLE)
    assert [one.scan for one in office.files(created)] == ["broken"]


def test_a_repeated_event_does_nothing() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    before = office.head(created)
    check_transfer(office.ctx, TENANT, created.head.id)
    assert office.head(created) == before
    assert office.ctx.records.outbox == []
    check_transfer(office.ctx, TENANT, "tr_01kdv0000000000000000000zz")


def test_two_workers_decide_once() -> None:
    office = LivingOffice()
    created = office.send([b"abc"], hold_minutes=0)
    office.ctx.records.outbox.clear()
    office.before_next_write(lambda: check_transfer(office.ctx, TENANT, created.head.id))
    check_transfer(office.ctx, TENANT, created.head.id)
    assert types(office.ctx.records.outbox) == ["transfer.checked", "transfer.ready"]


def test_sealed_is_always_unscannable_and_never_read() -> None:
    office = LivingOffice()
    office.set(sealed="approve")
    created = office.send_sealed([b"abc"])
    office.work()
    head = office.head(created)
    assert (head.state, head.scan, head.transfer_class) == (
        State.AWAITING_APPROVAL,
        Scan.UNSCANNABLE,
        TransferClass.SEALED,
    )
    assert office.ctx.scanner.scanned == []


def test_everyone_is_invited_once_with_a_link_of_their_own() -> None:
    office = LivingOffice()
    people = tuple(RecipientSpec(f"r{n}@example.com", f"R{n}") for n in range(60))
    created = office.send([b"abc"], hold_minutes=0, recipients=people, title="見積書", message="どうぞ")
    events = office.work()
    invited = [event for event in events if event.type == "recipient.invited.v1"]
    assert len({event.data["recipient"] for event in invited}) == 60
    mail = json.loads(
        office.ctx.keys.open(
            invited[0].sealed["notifications"],
            tenant=TENANT,
            purpose="event-notifications",
            context=invited[0].id,
        )
    )
    assert mail["to"] == "r0@example.com"
    assert mail["url"].startswith("https://files.acme.example/l#acme.")
    assert (mail["title"], mail["message"], mail["files"], mail["bytes"]) == ("見積書", "どうぞ", 1, 3)
    assert (mail["sender"]["name"], mail["sender"]["company"]) == ("hanako", "ACME")
    assert mail["url"].split("#")[1] not in json.dumps([event.data for event in events])
    assert office.head(created).recipients == 60


def test_a_large_transfer_is_scanned_by_one_worker_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.use_cases.clearing.check_transfer.LARGE", 1)
    office = LivingOffice()
    created = office.send([b"d" * 3_000_000], hold_minutes=0)
    seen: list[str] = []
    read = office.ctx.blobs.read

    def slowly(ref: BlobRef, version: str, *, offset: int, length: int) -> Iterator[bytes]:
        for chunk in read(ref, version, offset=offset, length=length):
            office.ctx.clock.advance(45_000)  # longer in all than any lease
            try:
                check_transfer(office.ctx, TENANT, created.head.id)
            except StoreAway as away:
                seen.append(away.code)
            yield chunk

    monkeypatch.setattr(office.ctx.blobs, "read", slowly)
    check_transfer(office.ctx, TENANT, created.head.id)
    assert seen == ["store_away"] * 3
    assert office.head(created).state is State.READY
    assert not [key for key in office.ctx.records.rows if key.pk.startswith("lease#")]
