"""event_bus on a database, beyond its contract: who gets no row at all, and which mails go ahead."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from chalicelib.adapters.sql_engine import make_engine
from chalicelib.adapters.sql_event_bus import FLOOD_MS, STAND_BACK_MS, SQLEventBus
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.adapters.sql_schema import upgrade
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Key, Put
from tests.fakes.clock import FakeClock


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/records.db")
    upgrade(made)
    yield made
    made.dispose()


def publish(engine: Engine, bus: SQLEventBus, *events: Event) -> None:
    SQLRecordStore(engine).transact([Put(Key("acme#box", events[0].id), {})], events)
    assert bus.pump(100) == len(events)


def event(name: str, type: str, *, mailed: bool) -> Event:  # noqa: A002
    return Event(name, type, "acme", "tr_1", 1, 0, {}, {"notifications": b"a mail"} if mailed else {})


def test_who_has_nothing_to_do_gets_no_row(engine: Engine) -> None:
    bus = SQLEventBus(engine, FakeClock())
    publish(engine, bus, event("ev_1", "transfer.held.v1", mailed=False))
    assert bus.depth().queues == {"transfers": 0, "notifications": 0, "reporting": 1}
    assert bus.depth().outbox == 0


def test_a_code_goes_ahead_of_mails_that_all_is_over(engine: Engine) -> None:
    clock = FakeClock()
    bus = SQLEventBus(engine, clock)
    publish(engine, bus, *(event(f"ev_{n}", "transfer.destroyed.v1", mailed=True) for n in range(30)))
    clock.advance(1_000)
    publish(engine, bus, event("ev_code", "challenge.issued.v1", mailed=True))
    assert "ev_code" in [one.event.id for one in bus.receive("notifications", limit=10, lease_ms=1_000)]
    reported = [one.event.id for one in bus.receive("reporting", limit=10, lease_ms=1_000)]
    assert "ev_code" not in reported


def test_in_a_flood_mails_that_all_is_over_stand_back_and_codes_do_not(engine: Engine) -> None:
    clock = FakeClock()
    bus = SQLEventBus(engine, clock)
    told = [event(f"ev_{n}", "transfer.destroyed.v1", mailed=True) for n in range(9)]
    publish(engine, bus, *told[:1])
    SQLRecordStore(engine).transact(
        [Put(Key("acme#box", "flood"), {})], [*told[1:], event("ev_code", "challenge.issued.v1", mailed=True)]
    )
    assert bus.pump(9) == 9
    received = [one.event.id for one in bus.receive("notifications", limit=100, lease_ms=3_600_000)]
    assert received == ["ev_0", "ev_code"]
    clock.advance(STAND_BACK_MS - 1)
    assert bus.receive("notifications", limit=100, lease_ms=3_600_000) == []
    clock.advance(1)
    assert len(bus.receive("notifications", limit=100, lease_ms=3_600_000)) == 8


def test_a_flood_lasts_through_rounds_that_are_nearly_empty(engine: Engine) -> None:
    clock = FakeClock()
    bus = SQLEventBus(engine, clock)
    flood = [event(f"ev_{n}", "transfer.destroyed.v1", mailed=True) for n in range(9)]
    SQLRecordStore(engine).transact([Put(Key("acme#box", "flood"), {})], flood)
    assert bus.pump(9) == 9
    clock.advance(FLOOD_MS - 1)
    publish(engine, bus, event("ev_in_it", "transfer.destroyed.v1", mailed=True))
    assert bus.receive("notifications", limit=100, lease_ms=1_000) == []
    clock.advance(1)
    publish(engine, bus, event("ev_after", "transfer.destroyed.v1", mailed=True))
    assert [one.event.id for one in bus.receive("notifications", limit=100, lease_ms=1_000)] == ["ev_after"]
