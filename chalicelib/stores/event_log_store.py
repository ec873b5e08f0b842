"""The event log of a tenant: ``<tenant>#events`` / ``<number>``, in the order in which events came in, without gaps.

``<tenant>#events#head`` / ``head`` counts them; ``<tenant>#event#<event id>`` / ``seen`` remembers that an event is there, longer
than any queue can bring it again. A row waits for its audit block until ``formed_put`` writes it a second time; only then does it
get an end, so no purge can take what is not in the chain yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.tenant import DAY
from chalicelib.ports.record_store import ABSENT, Key, Put, Record, RecordStore
from chalicelib.stores.keys import expectation

KEPT: Final = 30 * DAY
SEEN_KEPT: Final = 400 * DAY
_MANY: Final = 100


@dataclass(frozen=True)
class Logged:
    """One event as others may see it, with the commitments of its audit entry. ``number`` counts a tenant's events from 1."""

    number: int
    id: str
    type: str
    subject: str
    sequence: int
    at: int
    data: dict[str, Any]
    commitments: dict[str, str]


@dataclass(frozen=True)
class LogHead:
    """How many events were logged so far."""

    count: int = 0
    version: int = 0


def seen_key(tenant: str, event: str) -> Key:
    """Where it is remembered that an event was logged."""
    return Key(f"{tenant}#event#{event}", "seen")


def seen_put(tenant: str, logged: Logged, now: int) -> Put:
    """Fails where the event is there already."""
    return Put(seen_key(tenant, logged.id), {"number": logged.number}, ABSENT, purge_after=now + SEEN_KEPT)


def seen_events(records: RecordStore, tenant: str, events: Sequence[str]) -> set[str]:
    """Those of these ids that were logged before."""
    found: set[str] = set()
    for start in range(0, len(events), _MANY):
        keys = {seen_key(tenant, event): event for event in events[start : start + _MANY]}
        found |= {keys[record.key] for record in records.get_many(list(keys))}
    return found


def get_log_head(records: RecordStore, tenant: str) -> LogHead:
    """The counter; zero before the first event."""
    record = records.get(_head_key(tenant))
    return LogHead() if record is None else LogHead(int(record.body["count"]), record.version)


def log_head_put(tenant: str, head: LogHead, more: int) -> Put:
    """Count ``more`` events, guarded by the version that was read."""
    return Put(_head_key(tenant), {"count": head.count + more}, expectation(head.version))


def log_put(tenant: str, logged: Logged, gone_after: int | None = None) -> Put:
    """A new row; ``gone_after`` (ms) where its block is written in the same transaction."""
    return Put(_row_key(tenant, logged.number), _body(logged), ABSENT, purge_after=gone_after)


def formed_put(tenant: str, logged: Logged, now: int) -> Put:
    """The row once its block is written: it goes after 30 days. Fails for a row that is in a block already."""
    return Put(_row_key(tenant, logged.number), _body(logged), 1, purge_after=now + KEPT)


def get_logged(records: RecordStore, tenant: str, first: int, count: int) -> list[Logged]:
    """Up to ``count`` rows from number ``first`` on, in order; those that were purged are left out."""
    found: list[Record] = []
    for start in range(first, first + count, _MANY):
        numbers = range(start, min(start + _MANY, first + count))
        found += records.get_many([_row_key(tenant, number) for number in numbers])
    return sorted((_logged(record) for record in found), key=lambda one: one.number)


def first_number(records: RecordStore, tenant: str) -> int | None:
    """The oldest row that is still there."""
    rows = records.query(f"{tenant}#events", limit=1).records
    return int(rows[0].key.sk) if rows else None


def _head_key(tenant: str) -> Key:
    return Key(f"{tenant}#events#head", "head")


def _row_key(tenant: str, number: int) -> Key:
    return Key(f"{tenant}#events", f"{number:015d}")


def _body(logged: Logged) -> dict[str, Any]:
    return {
        "id": logged.id,
        "type": logged.type,
        "subject": logged.subject,
        "sequence": logged.sequence,
        "at": logged.at,
        "data": logged.data,
        "commitments": logged.commitments,
    }


def _logged(record: Record) -> Logged:
    return Logged(number=int(record.key.sk), **record.body)
