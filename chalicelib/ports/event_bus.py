"""Events from the outbox to their consumers.

Contract
- ``pump`` moves up to ``limit`` events from the outbox to the queues of those who want them and gives how many it moved. Two pumps at
  once lose nothing; an event may then arrive twice. An event leaves the outbox only after every such queue holds it.
- ``receive`` leases up to ``limit`` deliveries of one consumer for ``lease_ms``; nobody else sees them meanwhile. A lease that
  ends without ``ack`` makes the delivery visible again with ``attempt`` one higher.
- ``extend`` lets leases last ``lease_ms`` from now on, however often it is called, and gives receipt -> the receipt to go on with. One that
  is missing in the answer was lost: somebody else may hold that delivery. It changes no ``attempt``.
- ``ack`` removes deliveries for good, in one batch; acknowledging twice, or after the lease was lost, is no error.
- ``fail`` gives a delivery back, visible after ``delay_ms``; at attempt 8 or more it goes to the dead letters instead.
- ``dead`` lists dead letters of a consumer; ``replay`` puts them all back and gives how many.
- Every event is delivered at least once to each consumer in ``CONSUMERS`` that wants it (domain/event_interest.py); the others may get it
  too. Order is not promised, ``sequence`` tells it.
- ``depth`` tells how many events wait in the outbox and how many deliveries per consumer (approximate).
- What was acknowledged leaves no copy of its ``sealed`` parts behind in the live tables or queues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.domain.events import Event

MAX_ATTEMPTS: Final = 8


@dataclass(frozen=True)
class Delivery:
    """One event for one consumer, under lease. ``attempt`` begins at 1."""

    receipt: str
    event: Event
    attempt: int


@dataclass(frozen=True)
class Depth:
    """How much waits: for metrics and readiness."""

    outbox: int
    queues: dict[str, int]
    dead: dict[str, int]


class EventBus(Protocol):
    """Move, lease, keep, acknowledge."""

    def pump(self, limit: int) -> int: ...

    def receive(self, consumer: str, *, limit: int, lease_ms: int) -> list[Delivery]: ...

    def extend(self, consumer: str, receipts: Sequence[str], *, lease_ms: int) -> dict[str, str]: ...

    def ack(self, consumer: str, receipts: Sequence[str]) -> None: ...

    def fail(self, consumer: str, receipt: str, *, delay_ms: int) -> None: ...

    def dead(self, consumer: str, *, limit: int) -> list[Event]: ...

    def replay(self, consumer: str) -> int: ...

    def depth(self) -> Depth: ...
