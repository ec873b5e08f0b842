"""The audit chain of a tenant: ``<tenant>#audit`` / ``head``, ``<tenant>#audit#blocks`` / ``<sequence>``, ``<tenant>#audit#roots`` / ``<sequence>``.

``<tenant>#personal`` / ``<event id>`` holds what an entry only commits to, sealed; it may be deleted at any time. ``due#audit#<shard>`` names the
tenants with events that wait for a block, ``due#audit-roots#<shard>`` those with blocks that wait for a signed root. Every run of events marks its tenant, so that
one partition for all tenants would be full at 31 transfers a second (docs/cloud/scale.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from zlib import crc32

from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Put, Record, RecordStore
from chalicelib.stores.keys import expectation
from chalicelib.stores.stored_bytes import from_text, to_text

FIRST_HASH: Final = "0" * 64
_MANY: Final = 100
_READ: Final = 3  # blocks read at once: up to 300 KB each
DUE_SHARDS: Final = 8
Due = Literal["audit", "audit-roots"]


@dataclass(frozen=True)
class AuditHead:
    """The last block, and ``position``, the number of the last logged event that is in it."""

    sequence: int = 0
    hash: str = FIRST_HASH
    position: int = 0
    written_at: int = 0
    version: int = 0


@dataclass(frozen=True)
class Root:
    """A signed root: ``document`` is what ``fumibako verify`` takes."""

    sequence: int
    day: str
    hash: str
    signed_at: int
    document: dict[str, Any]


@dataclass(frozen=True)
class Personal:
    """What is known of the people of one event, sealed."""

    event: str
    subject: str
    actor: str
    at: int
    sealed: bytes


def get_audit_head(records: RecordStore, tenant: str) -> AuditHead:
    """The head; sequence 0 before the first block."""
    record = records.get(_head_key(tenant))
    return AuditHead() if record is None else AuditHead(version=record.version, **record.body)


def audit_head_put(tenant: str, head: AuditHead) -> Put:
    """The head after a block, guarded by the version that was read."""
    body = {
        "sequence": head.sequence,
        "hash": head.hash,
        "position": head.position,
        "written_at": head.written_at,
    }
    return Put(_head_key(tenant), body, expectation(head.version))


def block_put(tenant: str, block: Mapping[str, Any]) -> Put:
    """A block; none is ever written twice."""
    return Put(_block_key(tenant, block["sequence"]), block, ABSENT)


def get_block(records: RecordStore, tenant: str, sequence: int) -> dict[str, Any] | None:
    """One block as it was written, None where it is not there."""
    record = records.get(_block_key(tenant, sequence))
    return None if record is None else record.body


def read_blocks(records: RecordStore, tenant: str, first: int, last: int) -> Iterator[dict[str, Any]]:
    """The blocks from first to last that are there, in order, a few at a time."""
    for start in range(first, last + 1, _READ):
        numbers = range(start, min(start + _READ, last + 1))
        found = records.get_many([_block_key(tenant, number) for number in numbers])
        yield from (record.body for record in sorted(found, key=lambda one: one.key))


def root_put(tenant: str, root: Root) -> Put:
    """A signed root; one for a block at most."""
    body = {"day": root.day, "hash": root.hash, "signed_at": root.signed_at, "document": root.document}
    return Put(_root_key(tenant, root.sequence), body, ABSENT)


def list_roots(records: RecordStore, tenant: str, *, limit: int, cursor: str | None) -> tuple[list[Root], str | None]:
    """Newest first."""
    page = records.query(f"{tenant}#audit#roots", limit=limit, cursor=cursor, reverse=True)
    return [_root(record) for record in page.records], page.cursor


def get_roots(records: RecordStore, tenant: str, first: int, last: int) -> list[Root]:
    """The roots of blocks first to last (fewer than 100), in order."""
    found = records.get_many([_root_key(tenant, number) for number in range(first, last + 1)])
    return sorted((_root(record) for record in found), key=lambda one: one.sequence)


def personal_put(tenant: str, personal: Personal) -> Put:
    """Beside the entry; written once."""
    body = {
        "subject": personal.subject,
        "actor": personal.actor,
        "at": personal.at,
        "sealed": to_text(personal.sealed),
    }
    return Put(Key(_personal_pk(tenant), personal.event), body, ABSENT)


def personal_delete(tenant: str, event: str) -> Delete:
    """Erase it."""
    return Delete(Key(_personal_pk(tenant), event), ANY)


def get_personal(records: RecordStore, tenant: str, events: Sequence[str]) -> dict[str, Personal]:
    """By event id, those that are there."""
    found: dict[str, Personal] = {}
    for start in range(0, len(events), _MANY):
        keys = [Key(_personal_pk(tenant), event) for event in events[start : start + _MANY]]
        found |= {record.key.sk: _personal(record) for record in records.get_many(keys)}
    return found


def list_personal(
    records: RecordStore, tenant: str, *, limit: int, cursor: str | None
) -> tuple[list[Personal], str | None]:
    """Oldest first, by event id."""
    page = records.query(_personal_pk(tenant), limit=limit, cursor=cursor)
    return [_personal(record) for record in page.records], page.cursor


def due_mark(due: Due, tenant: str) -> Put:
    """Something of this tenant waits. Each mark raises the version, so that a late unmark fails."""
    return Put(_due_key(due, tenant), {}, ANY)


def due_version(records: RecordStore, due: Due, tenant: str) -> int | None:
    """The version of a tenant's mark, None without."""
    record = records.get(_due_key(due, tenant))
    return None if record is None else record.version


def due_unmark(due: Due, tenant: str, version: int) -> Delete:
    """Nothing waits any more; fails where the tenant was marked again since."""
    return Delete(_due_key(due, tenant), version)


def due_tenants(records: RecordStore, due: Due) -> Iterator[str]:
    """Every tenant that is marked."""
    for shard in range(DUE_SHARDS):
        cursor: str | None = None
        while True:
            page = records.query(_due_pk(due, shard), limit=_MANY, cursor=cursor)
            yield from (record.key.sk for record in page.records)
            cursor = page.cursor
            if cursor is None:
                break


def _due_key(due: Due, tenant: str) -> Key:
    return Key(_due_pk(due, crc32(tenant.encode()) % DUE_SHARDS), tenant)


def _due_pk(due: Due, shard: int) -> str:
    return f"due#{due}#{shard:02d}"


def _head_key(tenant: str) -> Key:
    return Key(f"{tenant}#audit", "head")


def _block_key(tenant: str, sequence: int) -> Key:
    return Key(f"{tenant}#audit#blocks", f"{sequence:012d}")


def _root_key(tenant: str, sequence: int) -> Key:
    return Key(f"{tenant}#audit#roots", f"{sequence:012d}")


def _personal_pk(tenant: str) -> str:
    return f"{tenant}#personal"


def _root(record: Record) -> Root:
    return Root(sequence=int(record.key.sk), **record.body)


def _personal(record: Record) -> Personal:
    body = {**record.body, "sealed": from_text(record.body["sealed"])}
    return Personal(event=record.key.sk, **body)
