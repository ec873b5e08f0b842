"""event_bus in memory over the outbox of a FakeRecordStore."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.domain.event_interest import wanted
from chalicelib.domain.events import CONSUMERS, Event
from chalicelib.ports.clock import Clock
from chalicelib.ports.event_bus import MAX_ATTEMPTS, Delivery, Depth
from tests.fakes.clock import FakeClock
from tests.fakes.record_store import FakeRecordStore


@dataclass
class Waiting:
    """One event in one consumer's queue; ``attempt`` counts the leases so far."""

    event: Event
    visible_at: int
    attempt: int = 0


@dataclass
class FakeEventBus:
    """``queues`` and ``letters`` (the dead ones) are visible; ``fault`` is raised by every call."""

    store: FakeRecordStore
    clock: Clock = field(default_factory=FakeClock)
    queues: dict[str, dict[str, Waiting]] = field(default_factory=lambda: {name: {} for name in CONSUMERS})
    letters: dict[str, dict[str, Event]] = field(default_factory=lambda: {name: {} for name in CONSUMERS})
    fault: Exception | None = None

    def _called(self) -> None:
        if self.fault is not None:
            raise self.fault

    def pump(self, limit: int) -> int:
        with self.store.lock:
            self._called()
            moved = self.store.outbox[:limit]
            for event in moved:
                for name, queue in self.queues.items():
                    if wanted(name, event):
                        queue.setdefault(event.id, Waiting(event, self.clock.now_ms()))
            del self.store.outbox[: len(moved)]
            return len(moved)

    def receive(self, consumer: str, *, limit: int, lease_ms: int) -> list[Delivery]:
        with self.store.lock:
            self._called()
            now = self.clock.now_ms()
            leased = [waiting for waiting in self.queues[consumer].values() if waiting.visible_at <= now][:limit]
            for waiting in leased:
                waiting.visible_at = now + lease_ms
                waiting.attempt += 1
            return [Delivery(f"{w.event.id}:{w.attempt}", w.event, w.attempt) for w in leased]

    def _held(self, consumer: str, receipt: str) -> Waiting | None:
        """What a receipt stands for, unless its lease was lost to a later one."""
        event_id, _, attempt = receipt.rpartition(":")
        waiting = self.queues[consumer].get(event_id)
        return waiting if waiting is not None and str(waiting.attempt) == attempt else None

    def extend(self, consumer: str, receipts: Sequence[str], *, lease_ms: int) -> dict[str, str]:
        with self.store.lock:
            self._called()
            kept: dict[str, str] = {}
            for receipt in receipts:
                held = self._held(consumer, receipt)
                if held is not None:
                    held.visible_at = self.clock.now_ms() + lease_ms
                    kept[receipt] = receipt
            return kept

    def ack(self, consumer: str, receipts: Sequence[str]) -> None:
        with self.store.lock:
            self._called()
            for receipt in receipts:
                held = self._held(consumer, receipt)
                if held is not None:
                    del self.queues[consumer][held.event.id]

    def fail(self, consumer: str, receipt: str, *, delay_ms: int) -> None:
        with self.store.lock:
            self._called()
            held = self._held(consumer, receipt)
            if held is None:
                return
            held.visible_at = self.clock.now_ms() + delay_ms
            if held.attempt >= MAX_ATTEMPTS:
                self.letters[consumer][held.event.id] = held.event
                del self.queues[consumer][held.event.id]

    def dead(self, consumer: str, *, limit: int) -> list[Event]:
        with self.store.lock:
            self._called()
            return list(self.letters[consumer].values())[:limit]

    def replay(self, consumer: str) -> int:
        with self.store.lock:
            self._called()
            letters = list(self.letters[consumer].values())
            for event in letters:
                self.queues[consumer][event.id] = Waiting(event, self.clock.now_ms())
            self.letters[consumer].clear()
            return len(letters)

    def depth(self) -> Depth:
        with self.store.lock:
            self._called()
            return Depth(
                outbox=len(self.store.outbox),
                queues={name: len(queue) for name, queue in self.queues.items()},
                dead={name: len(letters) for name, letters in self.letters.items()},
            )
