"""record_store: guarded transactions, their events, and who wins."""

import threading
from collections.abc import Callable

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.ports.record_store import ABSENT, ANY, Check, Delete, Expectation, Key, Operation, Put, RecordStore
from tests.contract.samples import event
from tests.contract.subjects import RecordStoreSubject

PORT = "record_store"
A = Key("acme#box", "a")
B = Key("acme#box", "b")
ROUNDS = 12


def version(store: RecordStore, key: Key) -> int | None:
    record = store.get(key)
    return None if record is None else record.version


def test_a_put_for_absent_sets_version_1(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {"n": 1}, expect=ABSENT)])
    assert version(store, A) == 1


def test_a_put_for_version_n_sets_n_plus_1(subject: RecordStoreSubject) -> None:
    store = subject.open()
    for expect in (ABSENT, 1, 2, 3):
        store.transact([Put(A, {"after": expect}, expect=expect)])
    record = store.get(A)
    assert record is not None
    assert (record.version, record.body) == (4, {"after": 3})


def test_a_put_for_any_sets_one_more_than_whatever_was_there(subject: RecordStoreSubject) -> None:
    store = subject.open()
    versions = []
    for _ in range(3):
        store.transact([Put(A, {})])
        versions.append(version(store, A))
    assert versions == [1, 2, 3]


def test_a_put_writes_the_whole_record(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {"old": 1}, purge_after=4_102_444_800_000)])
    store.transact([Put(A, {"new": 2})])
    record = store.get(A)
    assert record is not None
    assert (record.body, record.purge_after) == ({"new": 2}, None)


def test_a_deleted_record_is_absent_and_begins_at_1_again(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {})])
    store.transact([Put(A, {}, expect=1)])
    store.transact([Delete(A, expect=2)])
    assert store.get(A) is None
    store.transact([Put(A, {}, expect=ABSENT)])
    assert version(store, A) == 1


def test_removing_an_absent_record_with_any_is_no_error(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Delete(A)])
    store.transact([Delete(A), Put(B, {})])
    assert (version(store, A), version(store, B)) == (None, 1)


def test_a_check_writes_nothing(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {"n": 1})])
    store.transact([Check(A, 1), Check(B, ABSENT)])
    store.transact([Check(A, 1), Check(B, ABSENT), Put(Key("acme#box", "c"), {})])
    assert (version(store, A), version(store, B)) == (1, None)


def test_a_check_of_any_raises_value_error(subject: RecordStoreSubject) -> None:
    with pytest.raises(ValueError, match="Check"):
        subject.open().transact([Check(A, ANY)])


@pytest.mark.parametrize("make", [Put, Delete, Check], ids=["put", "delete", "check"])
@pytest.mark.parametrize(("there", "expect"), [(0, 1), (1, ABSENT), (1, 2), (2, 1)])
def test_a_failed_expectation_raises_conflict(
    subject: RecordStoreSubject, make: type[Operation], there: int, expect: Expectation
) -> None:
    store = subject.open()
    for _ in range(there):
        store.transact([Put(A, {"kept": True})])
    operation = Put(A, {}, expect=expect) if make is Put else make(key=A, expect=expect)  # type: ignore[call-arg]
    with pytest.raises(Conflict) as caught:
        store.transact([operation], [event(1)])
    assert caught.value.failed == (0,)
    assert version(store, A) == (there or None)
    assert subject.outbox() == []


def test_conflict_lists_the_positions_that_failed_and_nothing_changes(subject: RecordStoreSubject) -> None:
    store = subject.open()
    keys = [Key("acme#box", f"{n}") for n in range(5)]
    store.transact([Put(key, {"old": True}) for key in keys])
    operations: list[Operation] = [
        Put(keys[0], {}, expect=1),
        Put(keys[1], {}, expect=7),
        Delete(keys[2], expect=ABSENT),
        Delete(keys[3]),
        Check(keys[4], 9),
        Put(A, {}, expect=ABSENT),
    ]
    with pytest.raises(Conflict) as caught:
        store.transact(operations, [event(1)])
    assert caught.value.failed == (1, 2, 4)
    records = store.query("acme#box").records
    assert [(record.key, record.version, record.body) for record in records] == [(k, 1, {"old": True}) for k in keys]
    assert subject.outbox() == []


def test_the_same_call_twice_conflicts_and_records_no_second_event(subject: RecordStoreSubject) -> None:
    store = subject.open()
    operations = [Put(A, {"n": 1}, expect=ABSENT)]
    store.transact(operations, [event(1)])
    with pytest.raises(Conflict):
        store.transact(operations, [event(1)])
    assert version(store, A) == 1
    assert subject.outbox() == [event(1)]


def test_an_event_that_waits_already_is_kept_once(subject: RecordStoreSubject) -> None:
    store = subject.open()
    for _ in range(2):
        store.transact([Put(A, {})], [event(1)])
    assert subject.outbox() == [event(1)]


def test_events_are_stored_with_the_records(subject: RecordStoreSubject) -> None:
    store = subject.open()
    events = [event(n, sealed=bytes(range(256))) for n in range(3)]
    store.transact([Put(A, {})], events)
    assert sorted(subject.outbox(), key=lambda one: one.id) == events


def test_a_crash_leaves_neither_record_nor_event(subject: RecordStoreSubject) -> None:
    subject.open().transact([Put(A, {"n": 1})])
    subject.crash([Put(A, {"n": 2}, expect=1), Put(B, {}, expect=ABSENT)], [event(1)])
    store = subject.open()
    assert (version(store, A), version(store, B)) == (1, None)
    assert subject.outbox() == []


def test_after_a_crash_the_same_call_succeeds(subject: RecordStoreSubject) -> None:
    operations = [Put(A, {"n": 2}, expect=ABSENT)]
    subject.crash(operations, [event(1)])
    subject.open().transact(operations, [event(1)])
    assert version(subject.open(), A) == 1
    assert subject.outbox() == [event(1)]


def test_what_one_instance_wrote_another_reads_at_once(subject: RecordStoreSubject) -> None:
    writer, reader = subject.open(), subject.open()
    for n in range(1, 6):
        writer.transact([Put(A, {"n": n})])
        assert version(reader, A) == n
        assert [record.version for record in reader.get_many([A])] == [n]
        assert [record.version for record in reader.query("acme#box").records] == [n]


def race(*writers: Callable[[], None]) -> list[bool]:
    """Run them at the same moment in threads of their own; which of them won. Anything but Conflict is raised."""
    start = threading.Barrier(len(writers))
    won: list[bool | BaseException] = [False] * len(writers)

    def run(number: int) -> None:
        start.wait(timeout=20)
        try:
            writers[number]()
            won[number] = True
        except Conflict:
            won[number] = False
        except BaseException as error:  # noqa: BLE001  # carried to the test's own thread
            won[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(writers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for outcome in won:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome is True for outcome in won]


@pytest.mark.parametrize("created", [False, True], ids=["create", "change"])
def test_of_two_writers_who_expect_the_same_one_wins(subject: RecordStoreSubject, created: bool) -> None:
    stores = [subject.open(), subject.open()]
    for number in range(ROUNDS):
        key = Key("acme#race", f"{number}")
        if created:
            stores[0].transact([Put(key, {"by": None})])
        expect: Expectation = 1 if created else ABSENT

        def write(who: int, key: Key = key, expect: Expectation = expect, number: int = number) -> None:
            stores[who].transact([Put(key, {"by": who}, expect=expect)], [event(number * 2 + who)])

        won = race(lambda write=write: write(0), lambda write=write: write(1))  # type: ignore[misc]
        assert sum(won) == 1
        record = stores[0].get(key)
        assert record is not None
        assert (record.version, record.body) == (1 + created, {"by": won.index(True)})
    assert len(subject.outbox()) == ROUNDS


@pytest.mark.parametrize("expect", [ABSENT, 1], ids=["absent", "version"])
def test_a_check_holds_until_the_transaction_is_done(subject: RecordStoreSubject, expect: Expectation) -> None:
    """Each writes what the other checks, so both can't be right."""
    stores = [subject.open(), subject.open()]
    for number in range(ROUNDS):
        keys = [Key("acme#race", f"{number}.{side}") for side in "xy"]
        if expect == 1:
            stores[0].transact([Put(key, {}) for key in keys])

        def write(who: int, keys: list[Key] = keys) -> None:
            stores[who].transact([Check(keys[1 - who], expect), Put(keys[who], {}, expect=expect)])

        assert sum(race(lambda write=write: write(0), lambda write=write: write(1))) <= 1  # type: ignore[misc]


def test_writers_for_any_lose_no_version(subject: RecordStoreSubject) -> None:
    stores = [subject.open() for _ in range(4)]

    def write(store: RecordStore) -> None:
        done = 0
        while done < 5:
            try:
                store.transact([Put(A, {})])
                done += 1
            except Conflict:  # allowed: read again and decide anew
                continue

    assert all(race(*[lambda store=store: write(store) for store in stores]))
    assert version(stores[0], A) == 20


def test_transactions_over_the_same_keys_in_other_orders_all_end(subject: RecordStoreSubject) -> None:
    stores = [subject.open(), subject.open()]
    keys = [Key("acme#race", f"{n}") for n in range(6)]

    def write(store: RecordStore, order: list[Key]) -> None:
        done = 0
        while done < ROUNDS:
            try:
                store.transact([Put(key, {}) for key in order])
                done += 1
            except Conflict:
                continue

    assert all(race(lambda: write(stores[0], keys), lambda: write(stores[1], keys[::-1])))
    assert {record.version for record in stores[0].query("acme#race").records} == {2 * ROUNDS}
