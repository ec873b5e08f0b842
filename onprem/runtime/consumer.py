"""The events of one consumer in one process: leased in batches, handled in slices by several threads, acknowledged together.

    bus --receive (lease)--> waiting --slice--> thread 1: a scan of 40 minutes, its lease kept
                                     --slice--> thread 2: small ones, one after another --> done --flush--> ack
                                     --slice--> thread 3: ...

A long event holds up one thread and no other event: the rest of its batch is taken by the other threads and acknowledged without it.
While it runs ``keep`` lets its lease last on, so no other process is handed it. Where the lease ended all the same (a database that was
away) and this process receives the event again, it knows that it has it under way and only takes the newer receipt, so that the late
acknowledgement still counts. What waited for half a lease is left to whoever leases it next.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from chalicelib.ports.event_bus import MAX_ATTEMPTS, Delivery
from onprem.runtime.host import Host
from onprem.runtime.waiting import Waiting

KEEPS: Final = 4  # in the time of one lease
LONGEST_DELAY_MS: Final = 15 * 60_000

# Receipts that failed; True where a store, scanner or relay was away, which is not the event's fault.
Failures = dict[str, bool]
Handle = Callable[[str, Sequence[Delivery]], Failures]


class Consumer:
    """``handle(name, deliveries)`` gives what failed and never raises; ``slice_size`` is how many it is called with at most, ``batch`` how many are leased at once."""

    def __init__(self, host: Host, name: str, handle: Handle, *, slice_size: int, batch: int) -> None:
        self.name = name
        self._host = host
        self._handle = handle
        self._slice = slice_size
        self._batch = batch
        self._lease_ms = host.settings.event_lease_seconds * 1000
        self._lock = threading.Condition()
        self._fetching = threading.Lock()
        self._keeping = threading.Lock()
        self._keep_at = 0.0
        self._keeps_each = self._lease_ms / 1000 / KEEPS
        self._waiting = Waiting(name)
        self._under_way: dict[str, str] = {}
        self._done: list[str] = []

    def step(self) -> int:
        """Handle the next slice, leasing more where nothing waits; gives how many events it held."""
        taken = self._taken()
        if not taken and self._fetched():
            taken = self._taken()
        if not taken:
            return 0
        self._finish(taken, self._handle(self.name, taken))
        return len(taken)

    def flush(self) -> int:
        """Acknowledge what is done, in one commit; gives how many events."""
        with self._lock:
            done, self._done = self._done, []
        if done:
            self._host.ports().bus.ack(self.name, done)
        return len(done)

    def keep(self) -> int:
        """Let the leases of what is under way last on; gives how many were due. For the thread that calls ``flush``, as often as it likes."""
        now = time.monotonic()
        if now < self._keep_at:
            return 0
        self._keep_at = now + self._keeps_each
        with self._keeping:  # no event ends in the meantime with a receipt that names its lease no more
            with self._lock:
                held = dict(self._under_way)
            kept = self._host.ports().bus.extend(self.name, list(held.values()), lease_ms=self._lease_ms)
            with self._lock:
                for event, receipt in held.items():
                    if self._under_way.get(event) == receipt:
                        self._under_way[event] = kept.get(receipt, receipt)
        return len(held)

    def give_back(self) -> None:
        """At a stop: what waits here is at once for others to take."""
        while waiting := self._pop():
            if waiting.attempt < MAX_ATTEMPTS:
                self._host.ports().bus.fail(self.name, waiting.receipt, delay_ms=0)

    def wait(self, seconds: float) -> None:
        """Until another thread has leased something, at most so long."""
        with self._lock:
            if not self._waiting.ready:
                self._lock.wait(seconds)

    def wake(self) -> None:
        """Events have come into the queue: look now."""
        with self._lock:
            self._lock.notify()

    def _taken(self) -> list[Delivery]:
        now = time.monotonic()
        taken: list[Delivery] = []
        with self._lock:
            while len(taken) < self._slice:
                delivery = self._waiting.next(now)
                if delivery is None:
                    break
                if delivery.event.id not in self._under_way:
                    self._under_way[delivery.event.id] = delivery.receipt
                    taken.append(delivery)
        return taken

    def _pop(self) -> Delivery | None:
        with self._lock:
            return self._waiting.pop()

    def _fetched(self) -> bool:
        """Whether something was leased; False too where another thread is asking already, and where enough waits for its lane."""
        if len(self._waiting) >= self._batch or not self._fetching.acquire(blocking=False):
            return False
        try:
            until = time.monotonic() + self._lease_ms / 2000
            deliveries = self._host.ports().bus.receive(self.name, limit=self._batch, lease_ms=self._lease_ms)
        finally:
            self._fetching.release()
        with self._lock:
            for delivery in deliveries:
                if delivery.event.id in self._under_way:
                    self._under_way[delivery.event.id] = delivery.receipt
                else:
                    self._waiting.put(delivery, until)
            if self._waiting.ready:
                # Only then: threads that an empty look wakes look themselves, find nothing and wake the others, without end.
                self._lock.notify_all()
        return bool(deliveries)

    def _finish(self, taken: Sequence[Delivery], failed: Failures) -> None:
        again: list[tuple[Delivery, str]] = []
        with self._keeping, self._lock:
            for delivery in taken:
                receipt = self._under_way.pop(delivery.event.id)
                self._waiting.ended(delivery.event.id)
                if delivery.receipt in failed:
                    again.append((delivery, receipt))
                else:
                    self._done.append(receipt)
        metrics = self._host.metrics
        metrics.deliveries.labels(self.name, "done").inc(len(taken) - len(again))
        metrics.deliveries.labels(self.name, "failed").inc(len(again))
        now = self._host.ports().clock.now_ms()
        metrics.lag.labels(self.name).set(max(0, now - taken[-1].event.at) / 1000)
        for delivery, receipt in again:
            self._retry(delivery, receipt, away=failed[delivery.receipt])

    def _retry(self, delivery: Delivery, receipt: str, *, away: bool) -> None:
        """Later, or to the dead letters after the last attempt; but a relay that is down for an hour must not cost a mail."""
        if away and delivery.attempt >= MAX_ATTEMPTS:
            return  # The bus would give it up; the end of the lease brings it again instead.
        self._host.ports().bus.fail(self.name, receipt, delay_ms=retry_delay_ms(delivery.attempt))


def retry_delay_ms(attempt: int) -> int:
    """1, 2, 4 ... seconds, at most 15 minutes, each up to half as long again so that many don't come back at once."""
    delay = min(LONGEST_DELAY_MS, 1000 << min(attempt - 1, 20))
    return delay + random.randrange(delay // 2 + 1)  # noqa: S311  # spreads load, protects nothing
