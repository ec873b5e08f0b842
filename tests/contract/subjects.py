"""What a suite asks of the adapter under test, beyond the port itself: a second instance, a crash, a broken SDK."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from chalicelib.domain.events import Event
from chalicelib.ports.clock import Clock
from chalicelib.ports.event_bus import EventBus
from chalicelib.ports.ids import Ids
from chalicelib.ports.record_store import Operation, RecordStore

Failure = Literal["full", "away", "unknown"]


class RecordStoreSubject(Protocol):
    """A record store with nothing in it."""

    unknown_error: type[Exception]
    """What ``failing("unknown")`` raises out of the adapter: the SDK's own class."""

    def open(self) -> RecordStore:
        """A further instance with connections of its own over the same data, as another process would hold."""
        ...

    def outbox(self) -> list[Event]:
        """The events that wait, in any order, read behind the adapter's back."""
        ...

    def crash(self, operations: Sequence[Operation], events: Sequence[Event]) -> None:
        """Run ``transact`` and die after the records were sent to the store, before the whole was committed."""
        ...

    def failing(self, kind: Failure) -> AbstractContextManager[RecordStore]:
        """A store whose SDK fails on every call: ``full`` on ``transact`` only."""
        ...


class EventBusSubject(Protocol):
    """An event bus with nothing in it, and the record store whose outbox it empties."""

    unknown_error: type[Exception]
    records: RecordStore

    def open(self) -> EventBus:
        """A further instance over the same data, as another process would hold."""
        ...

    def wait(self, ms: int) -> None:
        """Let this much time pass for the bus; whole seconds only, because SQS knows no less."""
        ...

    def traces(self, needle: bytes) -> list[str]:
        """Where the outbox, the queues and the dead letters still hold these bytes (sealed as base64url)."""
        ...

    def failing(self, kind: Literal["away", "unknown"]) -> AbstractContextManager[EventBus]:
        """A bus whose SDK fails on every call."""
        ...


class ClockSubject(Protocol):
    """A clock over a host whose own time the test sets."""

    def open(self) -> Clock:
        """The clock of one process; a second call is a restart of the same install."""
        ...

    def step(self, ms: int) -> None:
        """Move the host's time, back when negative."""
        ...


class IdsSubject(Protocol):
    """A source of ids over a host whose own time the test sets."""

    def open(self) -> Ids:
        """The source of one process."""
        ...

    def step(self, ms: int) -> None:
        """Move the host's time, back when negative."""
        ...
