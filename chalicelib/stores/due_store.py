"""What is due when: ``due#<minute>#<shard>`` / ``<tenant>#<id>#<kind>``, in partitions that a sweeper reads minute by minute.

The minute is rounded up, so every item of a partition is due once its minute has begun. Items are hints: whoever takes one judges
the aggregate itself, and adding or removing one twice does no harm.

Kinds: expire, abandon, hold (end of the hold, or the time to send), send, expiring (reminder), destroy, certify, backup_past, exhaust (a download
session may have idled out), arrived (what a compatible download sent was not asked for again).
"""

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from chalicelib.ports.record_store import ANY, Delete, Key, Put, RecordStore

DueKind = Literal[
    "expire", "abandon", "hold", "send", "expiring", "destroy", "certify", "backup_past", "exhaust", "arrived"
]
SHARDS = 4
_MINUTE = 60_000


@dataclass(frozen=True)
class DueItem:
    """``at`` is the exact moment in milliseconds."""

    tenant: str
    subject: str
    kind: DueKind
    at: int


def due_minute(at: int) -> int:
    """The minute from which on something at ``at`` is due."""
    return -(-at // _MINUTE)


def due_key(item: DueItem) -> Key:
    """Its place; the shard is fixed by the subject, so that it can be found again."""
    shard = crc32(item.subject.encode()) % SHARDS
    return Key(_partition(due_minute(item.at), shard), f"{item.tenant}#{item.subject}#{item.kind}")


def due_put(item: DueItem) -> Put:
    """Add it."""
    return Put(due_key(item), {"at": item.at}, ANY)


def due_delete(item: DueItem) -> Delete:
    """Take it out; removing it twice is no error."""
    return Delete(due_key(item), ANY)


def take_due(
    records: RecordStore, minute: int, shard: int, *, limit: int = 100, cursor: str | None = None
) -> tuple[list[DueItem], str | None]:
    """Up to ``limit`` items of one partition and the cursor to go on. They stay until ``due_delete``."""
    page = records.query(_partition(minute, shard), limit=limit, cursor=cursor)
    items = []
    for record in page.records:
        tenant, subject, kind = record.key.sk.split("#")
        items.append(DueItem(tenant, subject, kind, record.body["at"]))  # type: ignore[arg-type]  # only due_put writes here
    return items, page.cursor


def _partition(minute: int, shard: int) -> str:
    return f"due#{minute:09d}#{shard:02d}"
