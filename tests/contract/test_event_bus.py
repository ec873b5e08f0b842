"""event_bus: from the outbox to every consumer, under lease, at least once."""

import threading

import pytest

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.domain.events import CONSUMERS
from chalicelib.ports.event_bus import MAX_ATTEMPTS, Delivery, EventBus
from chalicelib.ports.record_store import Key, Put
from tests.contract.samples import event
from tests.contract.subjects import EventBusSubject

PORT = "event_bus"
LEASE = 30_000
MARK = b"c2VhbGVkLW1hcmst"  # base64url of "sealed-mark-"
SEALED = b"sealed-mark-0123"


def record(subject: EventBusSubject, *numbers: int, sealed: bytes = b"for a mail") -> None:
    for number in numbers:
        subject.records.transact([Put(Key("acme#box", f"{number}"), {})], [event(number, sealed=sealed)])


def take(bus: EventBus, consumer: str, count: int, *, lease_ms: int = LEASE) -> list[Delivery]:
    """Receive until ``count`` have come; a queue may give fewer at a time."""
    found: list[Delivery] = []
    for _ in range(20):
        found += bus.receive(consumer, limit=10, lease_ms=lease_ms)
        if len(found) >= count:
            break
    return found


def ids(deliveries: list[Delivery]) -> list[str]:
    return sorted(delivery.event.id for delivery in deliveries)


def expected(*numbers: int) -> list[str]:
    return sorted(event(number).id for number in numbers)


def test_pump_moves_events_to_every_consumer(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1, 2, 3)
    assert bus.pump(10) == 3
    for consumer in CONSUMERS:
        assert ids(take(bus, consumer, 3)) == expected(1, 2, 3)


def test_an_event_arrives_as_it_was_recorded(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1, sealed=bytes(range(256)))
    bus.pump(10)
    for consumer in CONSUMERS:
        (delivery,) = take(bus, consumer, 1)
        assert delivery.event == event(1, sealed=bytes(range(256)))
        assert delivery.attempt == 1


def test_pump_moves_at_most_the_limit(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, *range(5))
    moved = []
    while count := bus.pump(2):
        moved.append(count)
    assert sum(moved) == 5
    assert max(moved) <= 2
    assert bus.depth().outbox == 0


def test_pump_of_an_empty_outbox_moves_nothing(subject: EventBusSubject) -> None:
    assert subject.open().pump(10) == 0


def test_nothing_arrives_before_the_pump(subject: EventBusSubject) -> None:
    record(subject, 1)
    assert subject.open().receive("transfers", limit=10, lease_ms=LEASE) == []


def test_a_transaction_that_failed_sends_nothing(subject: EventBusSubject) -> None:
    with pytest.raises(Refused):
        subject.records.transact([Put(Key("acme#box", "a"), {}, expect=3)], [event(1)])
    bus = subject.open()
    assert bus.pump(10) == 0
    assert bus.depth().outbox == 0


def test_two_pumps_at_once_lose_nothing(subject: EventBusSubject) -> None:
    record(subject, *range(40))
    start = threading.Barrier(2)
    errors: list[BaseException] = []

    def work(bus: EventBus) -> None:
        try:
            start.wait(timeout=20)
            while bus.pump(5):
                pass
        except BaseException as error:  # noqa: BLE001  # carried to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=(subject.open(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    bus = subject.open()
    while bus.pump(10):
        pass
    for consumer in CONSUMERS:
        found = take(bus, consumer, 80)  # two pumps may send an event twice
        assert set(ids(found)) == set(expected(*range(40)))


def test_nobody_else_sees_what_is_leased(subject: EventBusSubject) -> None:
    bus, other = subject.open(), subject.open()
    record(subject, *range(6))
    bus.pump(10)
    mine = bus.receive("reporting", limit=3, lease_ms=LEASE)
    theirs = take(other, "reporting", 6 - len(mine))
    assert ids(mine + theirs) == expected(*range(6))
    assert bus.receive("reporting", limit=10, lease_ms=LEASE) == []


def test_two_receivers_at_once_share_without_doubles(subject: EventBusSubject) -> None:
    record(subject, *range(30))
    bus = subject.open()
    while bus.pump(10):
        pass
    found: list[Delivery] = []
    start = threading.Barrier(2)

    def work(mine: EventBus) -> None:
        start.wait(timeout=20)
        while batch := mine.receive("transfers", limit=4, lease_ms=LEASE):
            found.extend(batch)

    threads = [threading.Thread(target=work, args=(subject.open(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert ids(found) == expected(*range(30))


def test_receive_gives_at_most_the_limit(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1, 2, 3)
    bus.pump(10)
    assert len(bus.receive("transfers", limit=2, lease_ms=LEASE)) <= 2


def test_a_lease_that_ends_makes_it_visible_with_attempt_one_higher(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    for attempt in (1, 2, 3):
        (delivery,) = take(bus, "transfers", 1, lease_ms=2_000)
        assert delivery.attempt == attempt
        assert bus.receive("transfers", limit=10, lease_ms=2_000) == []
        subject.wait(3_000)


def test_an_extended_lease_is_nobody_elses_and_keeps_its_attempt(subject: EventBusSubject) -> None:
    bus, other = subject.open(), subject.open()
    record(subject, 1, 2)
    bus.pump(10)
    receipts = [delivery.receipt for delivery in take(bus, "transfers", 2, lease_ms=5_000)]
    for _ in range(3):
        subject.wait(4_000)
        kept = bus.extend("transfers", receipts, lease_ms=5_000)
        assert set(kept) == set(receipts)
        receipts = [kept[receipt] for receipt in receipts]
        assert other.receive("transfers", limit=10, lease_ms=LEASE) == []
    bus.ack("transfers", receipts[:1])
    subject.wait(6_000)
    assert [delivery.attempt for delivery in take(other, "transfers", 1)] == [2]


def test_an_extended_lease_can_be_failed_and_acknowledged(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    (delivery,) = take(bus, "transfers", 1)
    (held,) = bus.extend("transfers", [delivery.receipt], lease_ms=LEASE).values()
    bus.fail("transfers", held, delay_ms=0)
    (again,) = take(bus, "transfers", 1)
    assert again.attempt == 2
    bus.ack("transfers", list(bus.extend("transfers", [again.receipt], lease_ms=LEASE).values()))
    assert bus.depth().queues["transfers"] == 0


def test_what_was_acknowledged_or_never_leased_is_not_extended(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    (delivery,) = take(bus, "transfers", 1)
    bus.ack("transfers", [delivery.receipt])
    assert bus.extend("transfers", [delivery.receipt], lease_ms=LEASE) == {}
    assert bus.extend("transfers", ["never given"], lease_ms=LEASE) == {}
    assert bus.extend("transfers", [], lease_ms=LEASE) == {}


def test_a_lease_that_was_lost_is_not_extended(subject: EventBusSubject) -> None:
    bus, other = subject.open(), subject.open()
    record(subject, 1)
    bus.pump(10)
    (lost,) = take(bus, "transfers", 1, lease_ms=2_000)
    subject.wait(3_000)
    (held,) = take(other, "transfers", 1)
    assert bus.extend("transfers", [lost.receipt], lease_ms=60_000) == {}
    assert set(other.extend("transfers", [held.receipt], lease_ms=LEASE)) == {held.receipt}


def test_ack_removes_for_good(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, *range(7))
    bus.pump(10)
    bus.ack("transfers", [delivery.receipt for delivery in take(bus, "transfers", 7, lease_ms=2_000)])
    subject.wait(3_000)
    assert bus.receive("transfers", limit=10, lease_ms=2_000) == []
    assert bus.depth().queues["transfers"] == 0


def test_ack_of_one_consumer_leaves_the_others_theirs(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    bus.ack("transfers", [delivery.receipt for delivery in take(bus, "transfers", 1)])
    assert ids(take(bus, "notifications", 1)) == expected(1)
    assert ids(take(bus, "reporting", 1)) == expected(1)


def test_acknowledging_twice_is_no_error(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    receipts = [delivery.receipt for delivery in take(bus, "transfers", 1)]
    bus.ack("transfers", receipts)
    bus.ack("transfers", receipts)
    bus.ack("transfers", [])


def test_acknowledging_after_the_lease_was_lost_is_no_error(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    (lost,) = take(bus, "transfers", 1, lease_ms=2_000)
    subject.wait(3_000)
    (held,) = take(bus, "transfers", 1, lease_ms=LEASE)
    bus.ack("transfers", [lost.receipt])
    bus.ack("transfers", [held.receipt])
    assert bus.depth().queues["transfers"] == 0


def test_fail_gives_it_back_after_the_delay(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    (delivery,) = take(bus, "transfers", 1)
    bus.fail("transfers", delivery.receipt, delay_ms=5_000)
    assert bus.receive("transfers", limit=10, lease_ms=LEASE) == []
    subject.wait(6_000)
    (again,) = take(bus, "transfers", 1)
    assert (again.event, again.attempt) == (event(1), 2)


def test_fail_without_delay_gives_it_back_at_once(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    (delivery,) = take(bus, "transfers", 1)
    bus.fail("transfers", delivery.receipt, delay_ms=0)
    assert [again.attempt for again in take(bus, "transfers", 1)] == [2]


def exhaust(bus: EventBus, consumer: str) -> None:
    """Fail one event until it is dead."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (delivery,) = take(bus, consumer, 1)
        assert delivery.attempt == attempt
        assert bus.dead(consumer, limit=10) == []
        bus.fail(consumer, delivery.receipt, delay_ms=0)


def test_at_attempt_8_it_goes_to_the_dead_letters(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1, sealed=SEALED)
    bus.pump(10)
    exhaust(bus, "notifications")
    assert bus.receive("notifications", limit=10, lease_ms=LEASE) == []
    assert bus.dead("notifications", limit=10) == [event(1, sealed=SEALED)]
    assert bus.dead("transfers", limit=10) == []
    depth = bus.depth()
    assert depth.dead == {"transfers": 0, "notifications": 1, "reporting": 0}
    assert depth.queues["notifications"] == 0


def test_dead_letters_can_be_listed_twice(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1)
    bus.pump(10)
    exhaust(bus, "transfers")
    assert bus.dead("transfers", limit=10) == bus.dead("transfers", limit=10) == [event(1)]


def test_replay_puts_all_dead_letters_back(subject: EventBusSubject) -> None:
    bus = subject.open()
    for number in (1, 2):
        record(subject, number)
        bus.pump(10)
        exhaust_one(bus)
    assert bus.replay("transfers") == 2
    assert bus.dead("transfers", limit=10) == []
    back = take(bus, "transfers", 2)
    assert [delivery.event for delivery in sorted(back, key=lambda one: one.event.id)] == [event(1), event(2)]
    assert bus.replay("transfers") == 0


def exhaust_one(bus: EventBus) -> None:
    for _ in range(MAX_ATTEMPTS):
        (delivery,) = take(bus, "transfers", 1)
        bus.fail("transfers", delivery.receipt, delay_ms=0)


def test_depth_tells_what_waits(subject: EventBusSubject) -> None:
    bus = subject.open()
    assert (bus.depth().outbox, set(bus.depth().queues.values())) == (0, {0})
    record(subject, 1, 2, 3)
    assert bus.depth().outbox == 3
    bus.pump(10)
    depth = bus.depth()
    assert (depth.outbox, depth.queues) == (0, dict.fromkeys(CONSUMERS, 3))
    assert depth.dead == dict.fromkeys(CONSUMERS, 0)


def test_what_was_acknowledged_leaves_no_sealed_part_behind(subject: EventBusSubject) -> None:
    bus = subject.open()
    record(subject, 1, sealed=SEALED)
    assert subject.traces(MARK) != []
    bus.pump(10)
    for consumer in CONSUMERS:
        bus.ack(consumer, [delivery.receipt for delivery in take(bus, consumer, 1)])
    assert subject.traces(MARK) == []


def test_a_bus_that_does_not_answer_raises_store_away(subject: EventBusSubject) -> None:
    with subject.failing("away") as bus, pytest.raises(StoreAway):
        bus.receive("transfers", limit=1, lease_ms=LEASE)


def test_every_other_error_of_the_sdk_passes_up(subject: EventBusSubject) -> None:
    with subject.failing("unknown") as bus, pytest.raises(subject.unknown_error) as caught:
        bus.receive("transfers", limit=1, lease_ms=LEASE)
    assert not isinstance(caught.value, Refused)
