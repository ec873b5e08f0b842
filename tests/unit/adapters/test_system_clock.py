"""The clock's mark: how often it is written, and what happens where the store fails."""

import pytest

from chalicelib.adapters.system_clock import MARK, REFRESH_MS, SystemClock, host_ms
from chalicelib.domain.errors import StoreAway, StoreFull
from tests.fakes.clock import NEW_YEAR
from tests.fakes.record_store import FakeRecordStore


class Host:
    """The host's own time."""

    def __init__(self) -> None:
        self.ms = NEW_YEAR

    def __call__(self) -> int:
        return self.ms


def mark(store: FakeRecordStore) -> int | None:
    record = store.get(MARK)
    return None if record is None else int(record.body["at"])


def test_building_it_does_no_io() -> None:
    store = FakeRecordStore()
    SystemClock(store)
    assert store.calls == {}


def test_the_host_is_asked_for_milliseconds() -> None:
    assert 1_577_836_800_000 < host_ms() < 3 * 1_577_836_800_000


def test_the_mark_is_written_at_most_once_a_minute() -> None:
    store, host = FakeRecordStore(), Host()
    clock = SystemClock(store, source=host)
    for _ in range(600):
        clock.now_ms()
        host.ms += 1_000
    assert store.calls == {"get": 1, "transact": 10}
    assert mark(store) == NEW_YEAR + 9 * REFRESH_MS


def test_two_processes_share_one_mark() -> None:
    store, host = FakeRecordStore(), Host()
    clocks = [SystemClock(store, source=host) for _ in range(2)]
    for _ in range(5):
        for clock in clocks:
            assert clock.now_ms() == host.ms
        host.ms += REFRESH_MS
    assert mark(store) == NEW_YEAR + 4 * REFRESH_MS


def test_a_mark_ahead_of_the_host_holds_the_time() -> None:
    store, host = FakeRecordStore(), Host()
    SystemClock(store, source=host).now_ms()
    host.ms -= 3_600_000
    clock = SystemClock(store, source=host)
    assert clock.now_ms() == NEW_YEAR
    host.ms += 3_600_001
    assert clock.now_ms() == NEW_YEAR + 1


@pytest.mark.parametrize("fault", [StoreAway(), StoreFull()])
def test_a_store_that_fails_later_does_not_stop_time(fault: Exception) -> None:
    store, host = FakeRecordStore(), Host()
    clock = SystemClock(store, source=host)
    clock.now_ms()
    store.fault = fault
    host.ms += 5 * REFRESH_MS
    assert clock.now_ms() == host.ms
    store.fault = None
    host.ms += REFRESH_MS
    clock.now_ms()
    assert mark(store) == host.ms


def test_without_the_mark_there_is_no_time() -> None:
    store = FakeRecordStore(fault=StoreAway())
    clock = SystemClock(store)
    with pytest.raises(StoreAway):
        clock.now_ms()
    store.fault = None
    assert clock.now_ms() > NEW_YEAR - REFRESH_MS * 60 * 24 * 3_650
