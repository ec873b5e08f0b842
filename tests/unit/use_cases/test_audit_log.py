"""Events come in: each is logged, audited and counted once, whatever happens on the way."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from chalicelib.domain.errors import Conflict, StoreAway
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Key, Operation
from chalicelib.stores.audit_store import DUE_SHARDS, due_mark, due_tenants, get_personal
from chalicelib.stores.event_log_store import get_log_head, get_logged
from chalicelib.use_cases.reporting.on_reporting_event import on_reporting_events
from chalicelib.use_cases.reporting.show_events import show_events
from tests.fakes.context import FakeContext
from tests.unit.use_cases.auditing import ADDRESS, Register, overseer
from tests.unit.use_cases.sending import TENANT


def logged_ids(ctx: FakeContext, tenant: str = TENANT) -> list[str]:
    return [one.id for one in get_logged(ctx.records, tenant, 1, 1_000)]


def test_a_batch_is_one_transaction_for_a_tenant() -> None:
    register = Register()
    events = [*register.events(20), *register.events(3, tenant="rival")]
    assert register.log(*events) == set()
    assert register.ctx.records.calls["transact"] == 2
    assert logged_ids(register.ctx) == [event.id for event in events[:20]]
    assert logged_ids(register.ctx, "rival") == [event.id for event in events[20:]]
    assert sorted(due_tenants(register.ctx.records, "audit")) == sorted([TENANT, "rival"])


def test_tenants_that_wait_for_a_block_are_spread_over_partitions() -> None:
    marks = {due_mark("audit", f"tenant-{number}").key.pk for number in range(100)}
    assert marks == {f"due#audit#{shard:02d}" for shard in range(DUE_SHARDS)}


def test_a_larger_batch_is_split_where_a_transaction_is_full() -> None:
    register = Register()
    assert register.log(*register.events(48)) == set()
    assert register.ctx.records.calls["transact"] == 1
    assert register.log(*register.events(33, personal={"address": ADDRESS})) == set()
    assert register.ctx.records.calls["transact"] == 3
    assert get_log_head(register.ctx.records, TENANT).count == 81


def test_usage_lines_count_in_a_transaction() -> None:
    register = Register()
    each = [register.event("transfer.completed.v1", actor=f"mb_{n}") for n in range(40)]
    assert register.log(*each) == set()
    assert get_log_head(register.ctx.records, TENANT).count == 40
    assert register.ctx.records.calls["transact"] == 2


def test_an_event_that_comes_again_changes_nothing() -> None:
    register = Register()
    events = register.events(3, type="transfer.completed.v1", personal={"address": ADDRESS})
    register.log(*events, events[0])
    before = dict(register.ctx.records.rows)
    assert register.log(*events) == set()
    assert register.ctx.records.rows == before
    register.form()
    assert register.log(*events) == set()
    assert register.form() == 0
    assert sorted(register.ids()) == [event.id for event in events]


def test_what_is_known_of_people_is_sealed_beside_the_log() -> None:
    register = Register()
    event = register.event(personal={"address": ADDRESS, "network": "203.0.113.7", "name": None})
    register.log(event)
    stored = "".join(row.text for row in register.ctx.records.rows.values())
    assert ADDRESS not in stored
    assert "203.0.113.7" not in stored
    (logged,) = get_logged(register.ctx.records, TENANT, 1, 10)
    assert set(logged.commitments) == {"address", "network"}
    assert list(get_personal(register.ctx.records, TENANT, [event.id])) == [event.id]


def test_an_act_whose_people_cannot_be_read_is_still_logged() -> None:
    register = Register()
    event = replace(register.event(), sealed={"reporting": b"of another key"})
    assert register.log(event) == set()
    (logged,) = get_logged(register.ctx.records, TENANT, 1, 10)
    assert logged.data == {"actor": "mb_1", "files": 2, "personal_unreadable": True}
    assert logged.commitments == {}


def test_a_key_store_that_is_away_brings_the_event_again() -> None:
    register = Register()
    told, plain = register.event(personal={"address": ADDRESS}), register.event()
    register.ctx.keys.fault = StoreAway()
    assert register.log(told, plain) == {told.id}
    register.ctx.keys.fault = None
    assert register.log(told) == set()
    assert logged_ids(register.ctx) == [plain.id, told.id]


def test_an_event_that_cannot_be_stored_holds_up_no_other() -> None:
    register = Register()
    good, bad = register.events(4), replace(register.event(), data={"actor": "mb_1", "half": 0.5})
    assert register.log(good[0], good[1], bad, good[2], good[3]) == {bad.id}
    assert logged_ids(register.ctx) == [event.id for event in good]


def test_a_store_that_is_away_brings_all_again_after_one_try() -> None:
    register = Register()
    events = register.events(5)
    register.ctx.records.fault = StoreAway()
    assert register.log(*events) == {event.id for event in events}
    register.ctx.records.fault = None
    assert register.log(*events) == set()


def test_a_crash_leaves_all_or_nothing_of_an_event() -> None:
    register = Register()
    event = register.event("transfer.completed.v1", personal={"address": ADDRESS})

    def crash() -> None:
        raise SystemExit

    register.ctx.records.before_commit = crash
    with pytest.raises(SystemExit):
        register.log(event)
    assert register.ctx.records.rows == {}
    register.ctx.records.before_commit = None
    assert register.log(event) == set()
    assert logged_ids(register.ctx) == [event.id]


def test_a_writer_who_loses_numbers_its_events_behind_the_other() -> None:
    register = Register()
    mine, other, both = register.events(3)
    transact = register.ctx.records.transact

    def once(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        register.ctx.records.transact = transact  # type: ignore[method-assign]
        register.log(other, both)
        transact(operations, events)

    register.ctx.records.transact = once  # type: ignore[method-assign]
    assert register.log(mine, both) == set()
    assert logged_ids(register.ctx) == [other.id, both.id, mine.id]


def test_a_writer_who_always_loses_gives_its_events_back(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register()
    events = register.events(2)

    def lose(*_: object) -> None:
        raise Conflict

    monkeypatch.setattr(register.ctx.records, "transact", lose)
    assert register.log(*events) == {event.id for event in events}


def test_many_writers_lose_and_double_nothing() -> None:
    register = Register()
    batches = [register.events(5, type="request.created.v1") for _ in range(6)]
    shared = batches[0]
    failed: list[set[str]] = []

    def work(batch: list[Event]) -> None:
        again = {event.id for event in (*batch, *shared)}
        for _ in range(20):
            again = on_reporting_events(register.ctx, [e for e in (*batch, *shared) if e.id in again])
        failed.append(again)

    threads = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [set()] * 6
    assert sorted(logged_ids(register.ctx)) == sorted(event.id for batch in batches for event in batch)
    row = register.ctx.records.get(Key(f"{TENANT}#usage", "2026-01-01"))
    assert row is not None
    assert row.body["requests"] == 30


def test_a_reader_of_the_log_misses_nothing_that_comes_late() -> None:
    register = Register()
    early, late, last = register.events(3)
    register.log(early, last)
    found, after = show_events(register.ctx, overseer("admin"), after=None, limit=50)
    assert ([one.id for one in found], after) == ([early.id, last.id], "2")
    register.log(late)
    found, after = show_events(register.ctx, overseer("admin"), after=after, limit=50)
    assert ([one.id for one in found], after) == ([late.id], "3")
    assert show_events(register.ctx, overseer("admin"), after=after, limit=50) == ([], "3")


def test_events_go_after_30_days_but_never_before_their_block() -> None:
    register = Register()
    first, second = register.events(2)
    register.log(first)
    register.ctx.clock.advance(40 * 86_400_000)
    register.ctx.records.purge(register.ctx.clock.now, 100)
    assert logged_ids(register.ctx) == [first.id]
    assert register.form() == 1
    register.ctx.clock.advance(30 * 86_400_000 + 1)
    register.log(second)
    register.ctx.records.purge(register.ctx.clock.now, 100)
    found, after = show_events(register.ctx, overseer("admin"), after="0", limit=1)
    assert ([one.id for one in found], after) == ([second.id], "2")
    assert register.log(first) == set()
    assert logged_ids(register.ctx) == [second.id]
