"""What only the SQL store promises: nothing left in SQLite's files, and a crash test that finds a planted fault."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from chalicelib.adapters import sql_record_store, sql_transaction
from chalicelib.adapters.sql_engine import make_engine, reading, writing
from chalicelib.adapters.sql_event_bus import SQLEventBus
from chalicelib.adapters.sql_query import prefix_end
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.adapters.sql_schema import upgrade
from chalicelib.adapters.system_clock import MARK, SystemClock
from chalicelib.domain.events import CONSUMERS, Event
from chalicelib.ports.record_store import Delete, Key, Operation, Put
from tests.contract.samples import event
from tests.fakes.clock import NEW_YEAR, FakeClock


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    built = make_engine(f"sqlite:///{tmp_path}/records.db")
    upgrade(built)
    yield built
    built.dispose()


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("seed", range(3))
def test_deleted_rows_leave_no_byte_in_any_file(tmp_path: Path, engine: Engine, seed: int) -> None:
    store = SQLRecordStore(engine)
    chance = random.Random(seed)
    live: dict[Key, str] = {}
    gone: set[str] = set()
    for n in range(250):
        if live and chance.random() < 0.4:
            key = chance.choice(list(live))
            store.transact([Delete(key)])
            gone.add(live.pop(key))
            continue
        mark = f"MARK{chance.getrandbits(60):015x}"
        key = chance.choice(list(live)) if live and chance.random() < 0.4 else Key("acme#box", f"{n % 90:03}.{mark}")
        if key in live:
            gone.add(live[key])
        live[key] = mark
        store.transact([Put(key, {"mark": mark, "pad": "z" * chance.choice([9, 300, 900, 3_000, 9_000, 40_000])})])
    kept = {part for key, mark in live.items() for part in (mark, key.sk.partition(".")[2])}
    store.compact()
    stored = bytes_on_disk(tmp_path)
    assert all(mark.encode() in stored for mark in kept)
    assert [mark for mark in gone - kept if mark.encode() in stored] == []


def test_purge_leaves_no_byte_in_any_file(tmp_path: Path, engine: Engine) -> None:
    store = SQLRecordStore(engine)
    store.transact([Put(Key("acme#box", "gone"), {"text": "PURGED-MARK" * 900}, purge_after=1)])
    assert b"PURGED-MARK" in bytes_on_disk(tmp_path)
    assert store.purge(2, 10) == 1
    assert b"PURGED-MARK" not in bytes_on_disk(tmp_path)


def test_acknowledged_events_leave_no_byte_after_compact(tmp_path: Path, engine: Engine) -> None:
    store, bus = SQLRecordStore(engine), SQLEventBus(engine, FakeClock())
    store.transact([Put(Key("acme#box", "a"), {})], [event(n, sealed=b"sealed-mark-0123") for n in range(30)])
    bus.pump(100)
    for consumer in CONSUMERS:
        bus.ack(consumer, [found.receipt for found in bus.receive(consumer, limit=100, lease_ms=1_000)])
    store.compact()
    assert b"c2VhbGVkLW1hcmst" not in bytes_on_disk(tmp_path)


def test_compact_beside_a_reader_gives_up_and_the_next_one_succeeds(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/records.db", patience=0.05)
    upgrade(engine)
    store = SQLRecordStore(engine)
    store.transact([Put(Key("acme#box", f"{n}"), {"n": n}) for n in range(50)])
    with reading(engine) as connection:
        rows = connection.exec_driver_sql("SELECT * FROM records")
        rows.fetchone()
        store.transact([Put(Key("acme#box", "later"), {"text": "LATER-MARK"}, purge_after=1)])
        store.purge(2, 10)
        rows.close()
    store.compact()
    assert b"LATER-MARK" not in bytes_on_disk(tmp_path)
    engine.dispose()


def test_the_crash_finds_an_outbox_outside_the_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: records are committed before the events. The check of the contract suite then sees a record without its event."""

    def careless(
        engine: Engine, operations: Sequence[Operation], texts: Sequence[str | None], events: Sequence[Event]
    ) -> None:
        sql_transaction.transact(engine, operations, texts, ())
        with writing(engine):
            raise KeyboardInterrupt  # the process dies here

    monkeypatch.setattr(sql_record_store, "transact", careless)
    store = SQLRecordStore(engine)
    with pytest.raises(KeyboardInterrupt):
        store.transact([Put(Key("acme#box", "a"), {})], [event(1)])
    assert store.get(Key("acme#box", "a")) is not None
    assert SQLEventBus(engine, FakeClock()).depth().outbox == 0


def test_a_clock_over_the_same_database_does_not_block_the_bus(engine: Engine) -> None:
    host = [NEW_YEAR]
    store = SQLRecordStore(engine)
    bus = SQLEventBus(engine, SystemClock(store, source=lambda: host[0]))
    store.transact([Put(Key("acme#box", "a"), {})], [event(1)])
    bus.pump(10)
    for _ in range(9):
        host[0] += 61_000  # a minute later the clock writes its mark
        for delivery in bus.receive("transfers", limit=10, lease_ms=1_000):
            host[0] += 61_000
            bus.fail("transfers", delivery.receipt, delay_ms=0)
    host[0] += 61_000
    assert bus.replay("transfers") == 1
    mark = store.get(MARK)
    assert mark is not None
    assert mark.body == {"at": host[0]}


@given(st.text(max_size=4), st.text(max_size=4))
def test_prefix_end_is_above_all_that_begins_with_it(prefix: str, rest: str) -> None:
    end = prefix_end(prefix)
    assert end is None or (prefix + rest).encode() < end.encode()


@given(st.text(min_size=1, max_size=4), st.text(max_size=5))
def test_prefix_end_is_below_all_that_sorts_after(prefix: str, other: str) -> None:
    end = prefix_end(prefix)
    if end is None:
        assert set(prefix) == {"\U0010ffff"}
    elif other.encode() > prefix.encode() and not other.startswith(prefix):
        assert other.encode() >= end.encode()


def test_an_empty_prefix_has_no_end() -> None:
    assert prefix_end("") is None
