"""How one process shares out the events of a consumer: nothing waits behind a long one, nothing is begun twice, nothing is kept at a stop."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from chalicelib.domain.events import Event
from chalicelib.ports.event_bus import Delivery
from chalicelib.ports.record_store import Key, Put
from chalicelib.settings import Settings
from onprem.runtime.consumer import Consumer, Failures
from onprem.runtime.host import Host
from onprem.runtime.metrics import Metrics
from tests.fakes.context import FakeContext

LEASE_MS = 120_000


@dataclass
class Desk:
    """A consumer whose handler notes what it was called with; ``long`` waits for ``release``, ``bad`` fails, for ``away`` something is away."""

    context: FakeContext = field(default_factory=FakeContext)
    name: str = "transfers"
    lease_seconds: int = LEASE_MS // 1000
    slice_size: int = 1
    calls: list[tuple[str, ...]] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        settings = Settings(threads=1, event_lease_seconds=self.lease_seconds)
        host = Host(
            settings=settings,
            ports=lambda: self.context,
            byte_path=lambda: None,
            gate=lambda *_: None,
            metrics=Metrics(),
        )
        self.consumer = Consumer(host, self.name, self.handled, slice_size=self.slice_size, batch=50)

    def handled(self, _name: str, deliveries: Sequence[Delivery]) -> Failures:
        ids = tuple(one.event.id for one in deliveries)
        self.calls.append(ids)
        if "long" in ids:
            self.began.set()
            assert self.release.wait(30)
        return {one.receipt: one.event.id == "away" for one in deliveries if one.event.id in ("bad", "away")}

    def publish(self, *ids: str, type: str = "transfer.ready.v1") -> None:  # noqa: A002
        sealed = {"notifications": b"a mail"}
        events = [Event(one, type, "acme", "tr_1", number, 0, {}, sealed) for number, one in enumerate(ids)]
        self.context.records.transact([Put(Key("acme#made", ids[0]), {})], events)
        self.context.bus.pump(100)

    def queued(self) -> set[str]:
        return set(self.context.bus.queues[self.name])

    def work(self) -> None:
        while self.consumer.step():
            pass
        self.consumer.flush()


def test_a_long_event_brings_no_other_event_back_and_is_not_begun_twice() -> None:
    desk = Desk()
    desk.publish("long", "a", "b", "c")
    busy = threading.Thread(target=desk.consumer.step)
    busy.start()
    assert desk.began.wait(30)
    desk.work()
    assert desk.queued() == {"long"}
    for _ in range(3):
        desk.context.clock.advance(LEASE_MS + 1)
        desk.work()
    desk.release.set()
    busy.join()
    desk.consumer.flush()
    assert sorted(desk.calls) == [("a",), ("b",), ("c",), ("long",)]
    assert desk.queued() == set()


def test_no_other_process_is_handed_a_long_event_while_its_lease_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = Desk(), Desk()
    other.context = desk.context
    monkeypatch.setattr(desk.consumer, "_keeps_each", 0.0)
    desk.publish("long", "a")
    busy = threading.Thread(target=desk.consumer.step)
    busy.start()
    assert desk.began.wait(30)
    for _ in range(5):
        desk.context.clock.advance(LEASE_MS - 1)
        assert desk.consumer.keep() == 1
        other.work()
    desk.release.set()
    busy.join()
    desk.consumer.flush()
    assert desk.queued() == set()
    assert "long" not in [one for call in other.calls for one in call]


def test_a_lease_is_kept_some_times_in_its_life_and_not_at_every_look() -> None:
    desk = Desk()
    desk.publish("long")
    busy = threading.Thread(target=desk.consumer.step)
    busy.start()
    assert desk.began.wait(30)
    assert [desk.consumer.keep() for _ in range(3)] == [1, 0, 0]
    desk.release.set()
    busy.join()


def test_mails_that_nobody_waits_for_leave_the_other_threads_free() -> None:
    desk = Desk(name="notifications")
    desk.publish("long", "p1", "p2", type="transfer.destroyed.v1")
    busy = threading.Thread(target=desk.consumer.step)
    busy.start()
    assert desk.began.wait(30)
    assert desk.consumer.step() == 0
    desk.publish("code", type="challenge.issued.v1")
    desk.work()
    assert desk.calls == [("long",), ("code",)]
    desk.release.set()
    busy.join()
    desk.work()
    assert desk.calls[2:] == [("p1",), ("p2",)]
    assert desk.queued() == set()


def test_a_slice_is_as_large_as_said_and_acknowledged_together() -> None:
    desk = Desk(slice_size=2)
    desk.publish("a", "b", "c")
    desk.work()
    assert [len(call) for call in desk.calls] == [2, 1]
    assert desk.queued() == set()


def test_a_failed_event_comes_back_later_and_the_others_do_not() -> None:
    desk = Desk(slice_size=3)
    desk.publish("a", "bad", "c")
    desk.work()
    assert desk.queued() == {"bad"}
    desk.work()
    assert len(desk.calls) == 1
    desk.context.clock.advance(2_000)
    desk.work()
    assert desk.calls[1:] == [("bad",)]


def test_what_waited_for_half_a_lease_is_not_begun() -> None:
    desk = Desk(lease_seconds=0)
    desk.publish("a")
    assert desk.consumer.step() == 0
    assert desk.calls == []
    assert desk.queued() == {"a"}


def test_what_waits_at_a_stop_is_at_once_for_others_to_take() -> None:
    desk, other = Desk(), Desk()
    other.context = desk.context
    desk.publish("a", "b", "c")
    assert desk.consumer.step() == 1
    desk.consumer.flush()
    desk.consumer.give_back()
    other.work()
    assert sorted(desk.calls + other.calls) == [("a",), ("b",), ("c",)]
    assert desk.queued() == set()


def test_an_outage_costs_no_event_however_long_it_lasts_and_a_bad_one_is_given_up() -> None:
    desk = Desk(slice_size=2)
    desk.publish("away", "bad")
    for _ in range(20):
        desk.work()
        desk.context.clock.advance(3_600_000)
    assert desk.queued() == {"away"}
    assert set(desk.context.bus.letters["transfers"]) == {"bad"}
    assert sum("bad" in call for call in desk.calls) == 8
