"""The host's clock and ids under contract, with the host's time set by the test."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.adapters.system_clock import SystemClock
from chalicelib.adapters.system_ids import SystemIds
from tests.contract.harness import Registry, Scene
from tests.fakes.clock import NEW_YEAR
from tests.fakes.record_store import FakeRecordStore


class SystemSubject:
    """One install: the store that keeps the mark, and the host's time."""

    def __init__(self) -> None:
        self.records = FakeRecordStore()
        self.host = NEW_YEAR

    def step(self, ms: int) -> None:
        self.host += ms


class SystemClockSubject(SystemSubject):
    def open(self) -> SystemClock:
        return SystemClock(self.records, source=lambda: self.host)


class SystemIdsSubject(SystemSubject):
    def open(self) -> SystemIds:
        return SystemIds(source=lambda: self.host)


@contextmanager
def clock(_: Scene) -> Iterator[SystemClockSubject]:
    yield SystemClockSubject()


@contextmanager
def ids(_: Scene) -> Iterator[SystemIdsSubject]:
    yield SystemIdsSubject()


def register(registry: Registry) -> None:
    registry.add("clock", "system", clock)
    registry.add("ids", "system", ids)
