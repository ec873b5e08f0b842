"""The fakes of record_store, event_bus, clock and ids under contract."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chalicelib.domain.errors import StoreAway, StoreFull
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Operation
from tests.contract.harness import Registry, Scene
from tests.contract.subjects import Failure
from tests.fakes.clock import FakeClock
from tests.fakes.event_bus import FakeEventBus
from tests.fakes.ids import FakeIds
from tests.fakes.record_store import FakeRecordStore


class BrokenError(Exception):
    """Stands for an error of an SDK that nobody expected."""


class CrashError(BaseException):
    """Stands for a killed process; a BaseException, because no ``except Exception`` sees a kill."""


_FAULTS: dict[str, Exception] = {"full": StoreFull(), "away": StoreAway(), "unknown": BrokenError("unexpected")}


class FakeStoreSubject:
    unknown_error: type[Exception] = BrokenError

    def __init__(self) -> None:
        self.store = FakeRecordStore()

    def open(self) -> FakeRecordStore:
        return self.store

    def outbox(self) -> list[Event]:
        return list(self.store.outbox)

    def crash(self, operations: Sequence[Operation], events: Sequence[Event]) -> None:
        def die() -> None:
            raise CrashError

        self.store.before_commit = die
        try:
            self.store.transact(operations, events)
        except CrashError:
            self.store.before_commit = None
        else:
            raise AssertionError("the crash did not happen")

    @contextmanager
    def failing(self, kind: Failure) -> Iterator[FakeRecordStore]:
        self.store.fault = _FAULTS[kind]
        yield self.store
        self.store.fault = None


class FakeBusSubject:
    unknown_error: type[Exception] = BrokenError

    def __init__(self) -> None:
        self.records = FakeRecordStore()
        self.clock = FakeClock()
        self.bus = FakeEventBus(self.records, self.clock)

    def open(self) -> FakeEventBus:
        return self.bus

    def wait(self, ms: int) -> None:
        self.clock.advance(ms)

    def traces(self, needle: bytes) -> list[str]:
        held = [("outbox", event) for event in self.records.outbox]
        held += [(name, waiting.event) for name, queue in self.bus.queues.items() for waiting in queue.values()]
        held += [(f"dead {name}", event) for name, letters in self.bus.letters.items() for event in letters.values()]
        return [place for place, event in held if needle in event_to_json(event).encode()]

    @contextmanager
    def failing(self, kind: Failure) -> Iterator[FakeEventBus]:
        self.bus.fault = _FAULTS[kind]
        yield self.bus
        self.bus.fault = None


class FakeClockSubject:
    def __init__(self) -> None:
        self.clock = FakeClock()

    def open(self) -> FakeClock:
        return self.clock

    def step(self, ms: int) -> None:
        if ms > 0:  # back is what a clock of ours never shows
            self.clock.advance(ms)


class FakeIdsSubject:
    def __init__(self) -> None:
        self.seed = 0

    def open(self) -> FakeIds:
        self.seed += 1
        return FakeIds(self.seed)

    def step(self, ms: int) -> None:
        """Fake ids know no host time."""


@contextmanager
def record_store(_: Scene) -> Iterator[FakeStoreSubject]:
    yield FakeStoreSubject()


@contextmanager
def event_bus(_: Scene) -> Iterator[FakeBusSubject]:
    yield FakeBusSubject()


@contextmanager
def clock(_: Scene) -> Iterator[FakeClockSubject]:
    yield FakeClockSubject()


@contextmanager
def ids(_: Scene) -> Iterator[FakeIdsSubject]:
    yield FakeIdsSubject()


def register(registry: Registry) -> None:
    registry.add("record_store", "fake", record_store)
    registry.add("event_bus", "fake", event_bus)
    registry.add("clock", "fake", clock)
    registry.add("ids", "fake", ids)
