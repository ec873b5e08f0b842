"""A member's address book: ``<tenant>#book#<member>`` / ``<part>``, each part sealed, since it outlives the transfers it was made from."""

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

from chalicelib.domain.address_book import PARTS, BookEntry
from chalicelib.ports.record_store import Delete, Key, Put, Record, RecordStore
from chalicelib.stores.keys import expectation
from chalicelib.stores.stored_bytes import from_text, to_text
from chalicelib.stores.wrapped_key_store import HasKeys

PURPOSE: Final = "address-book"
# What one seal takes is 65,536 bytes; the longest names leave room for some 150 of 500 addresses.
PART_BYTES: Final = 65_000


def get_parts(records: RecordStore, tenant: str, member: str, parts: Sequence[int] = range(PARTS)) -> dict[int, Record]:
    """The records of these parts that exist."""
    return {int(one.key.sk): one for one in records.get_many([_key(tenant, member, part) for part in parts])}


def open_part(ctx: HasKeys, tenant: str, record: Record | None) -> tuple[BookEntry, ...]:
    """The addresses of a part, newest first."""
    if record is None:
        return ()
    opened = ctx.keys.open(
        from_text(record.body["sealed"]), tenant=tenant, purpose=PURPOSE, context=_context(record.key)
    )
    return tuple(BookEntry(*row) for row in json.loads(opened))


def part_put(ctx: HasKeys, tenant: str, member: str, part: int, entries: Sequence[BookEntry], *, version: int) -> Put:
    """Write a part against the version that was read; the last ones are left out where it would be too large to seal."""
    key = _key(tenant, member, part)
    rows = [json.dumps(astuple(one), ensure_ascii=False) for one in entries]
    while sum(len(row.encode()) + 1 for row in rows) > PART_BYTES:
        del rows[-max(1, len(rows) // 10) :]
    sealed = ctx.keys.seal(f"[{','.join(rows)}]".encode(), tenant=tenant, purpose=PURPOSE, context=_context(key))
    return Put(key, {"sealed": to_text(sealed)}, expectation(version))


def book_erased(tenant: str, member: str) -> list[Delete]:
    """The writes that end a book: each of its parts, there or not."""
    return [Delete(_key(tenant, member, part)) for part in range(PARTS)]


def _key(tenant: str, member: str, part: int) -> Key:
    return Key(f"{tenant}#book#{member}", str(part))


def _context(key: Key) -> str:
    return f"{key.pk.rpartition('#')[2]}/{key.sk}"
