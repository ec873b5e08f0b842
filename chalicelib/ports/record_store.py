"""Records: small JSON documents under a two-part key, written by guarded transactions together with their events.

One port carries every aggregate, so each sentence below holds in DynamoDB, PostgreSQL and SQLite alike, and is tested there.

Contract
- A key is ``(pk, sk)``; both are non-empty strings of at most 1,024 bytes UTF-8 without NUL. ``pk`` begins with the tenant
  (``<tenant>#...``), but for ``due#``, ``outbox#``, ``host#``, ``lease#`` and ``clock#``. Anything else raises ``ValueError``.
- A body is a JSON object: strings (empty and NUL included), integers of any size, booleans, null, lists, objects; no floats.
  What is read equals what was written, and changing the object read changes nothing stored.
- A record with its key is at most 390,000 bytes; a larger one raises ``Refused("record_too_large")`` and nothing is written.
- ``transact`` takes 1 to 100 operations, counting each event as one, on different keys; outside that it raises
  ``Refused("transaction_too_large")``, and so does more than 4,000,000 bytes together; an event over 250,000 bytes raises
  ``Refused("event_too_large")``; the same key or event id twice raises ``ValueError``. All are done or none is.
- ``transact_batch`` is ``transact`` for up to ``batch`` operations (100 or more, and 40,000 bytes for each of them), for work that goes through
  many aggregates at once: a database of ours takes hundreds with one wait for the disk, DynamoDB no more than 100.
- Each operation names what it expects: ``ABSENT``, a version, or ``ANY``. Where an expectation fails, ``Conflict`` is raised, its
  ``failed`` lists the positions of the operations that failed, and nothing changes. Of two writers who expect the same, one wins.
- A ``Put`` sets the version to 1 for ABSENT, to n + 1 for version n, and to one more than whatever was there for ANY.
- Events given to ``transact`` are stored in the same transaction (the outbox): a crash leaves both or neither.
- ``get`` and ``get_many`` (at most 100 keys; absent ones are left out, order is not promised) read what was last written.
- ``query`` gives the records of one ``pk`` whose ``sk`` begins with ``prefix``, in byte order of UTF-8 (reversed on ``reverse``),
  from after ``cursor``, ``limit`` 1 to 1,000 of them at most, fewer where an answer would exceed 1 MB; ``cursor`` of the page is None only at the end.
  Rows that come and go meanwhile neither hide nor repeat the others. A cursor is opaque, and one that was not made by this query raises ``Refused("cursor_invalid")``.
  Stores of ours may make one for any sort key, there or not, by ``record_rules.encode_cursor``: so several lists go on at one place.
- ``purge_after`` (ms) allows the store to delete the record some time after that moment. Readers judge expiry themselves.
- A store that is full raises ``StoreFull``; one that does not answer ``StoreAway``; every other error of its SDK passes up.
Not promised: a consistent snapshot over two calls; how soon after ``purge_after`` a record goes; fairness between writers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

from chalicelib.domain.events import Event

MAX_OPERATIONS: Final = 100
MAX_RECORD_BYTES: Final = 390_000
Expectation = int | Literal["absent", "any"]
ABSENT: Final[Literal["absent"]] = "absent"
ANY: Final[Literal["any"]] = "any"


class Key(NamedTuple):
    """Partition and sort key."""

    pk: str
    sk: str


@dataclass(frozen=True)
class Record:
    """What was stored, with the version that a guarded write can name."""

    key: Key
    version: int
    body: dict[str, Any]
    purge_after: int | None = None


@dataclass(frozen=True)
class Put:
    """Write the whole body."""

    key: Key
    body: Mapping[str, Any]
    expect: Expectation = ANY
    purge_after: int | None = None


@dataclass(frozen=True)
class Delete:
    """Remove the record; removing an absent one with ANY is no error."""

    key: Key
    expect: Expectation = ANY


@dataclass(frozen=True)
class Check:
    """Write nothing, but fail the transaction unless the expectation holds (ABSENT or a version)."""

    key: Key
    expect: Expectation


Operation = Put | Delete | Check


@dataclass(frozen=True)
class Page:
    """``cursor`` continues the query; None at the end."""

    records: tuple[Record, ...]
    cursor: str | None


class RecordStore(Protocol):
    """Guarded reads and writes of records."""

    def get(self, key: Key) -> Record | None:
        """The record, or None. Strongly consistent."""
        ...

    def get_many(self, keys: Sequence[Key]) -> list[Record]:
        """Those of at most 100 keys that exist. Strongly consistent."""
        ...

    def query(
        self, pk: str, *, prefix: str = "", limit: int = 100, cursor: str | None = None, reverse: bool = False
    ) -> Page:
        """One page of a partition in byte order of ``sk``."""
        ...

    def transact(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        """All or nothing. Raises Conflict, StoreFull, StoreAway, Refused."""
        ...

    @property
    def batch(self) -> int:
        """How many operations ``transact_batch`` takes here."""
        ...

    def transact_batch(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        """All or nothing, like ``transact``."""
        ...

    def purge(self, now: int, limit: int) -> int:
        """Delete up to ``limit`` records whose ``purge_after`` has passed; gives how many. A store with a TTL of its own gives 0."""
        ...
