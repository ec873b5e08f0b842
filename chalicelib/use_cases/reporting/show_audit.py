"""For auditors and admins: the entries of the chain, newest first, with what is still known of the people in them.

An entry is shown once it is in a block, that is within about a minute. Work per page is bounded: 20 blocks are looked at, so a page may be short,
even empty, and still have a next one.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.audit import Wanted
from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.stores.audit_store import get_audit_head, get_block, get_personal
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.reporting.append_audit import opened_personal
from chalicelib.use_cases.reporting.check_audit import OVERSEERS

BLOCKS: Final = 20
_CURSOR: Final = re.compile(r"([1-9]\d{0,11})\.(\d{1,2})\Z", re.ASCII)


@dataclass(frozen=True)
class AuditLine:
    """An entry, the sequence of its block, and its personal fields: None where there were none or they were erased."""

    entry: dict[str, Any]
    block: int
    personal: dict[str, str] | None


def show_audit(
    ctx: Context, principal: Principal, wanted: Wanted, *, limit: int, cursor: str | None
) -> tuple[list[AuditLine], str | None]:
    """One page. Raises Refused("role_missing"), Refused("cursor_invalid"), NotFound for guests."""
    principal.require_member()
    principal.require_role(*OVERSEERS)
    found, following = _search(ctx, principal.tenant, wanted, limit, cursor)
    personal = get_personal(ctx.records, principal.tenant, [str(entry["id"]) for _, entry in found])
    lines = []
    for block, entry in found:
        kept = personal.get(entry["id"])
        opened = None if kept is None else opened_personal(ctx, principal.tenant, kept)
        lines.append(AuditLine(entry, block, opened))
    return lines, following


def _search(
    ctx: Context, tenant: str, wanted: Wanted, limit: int, cursor: str | None
) -> tuple[list[tuple[int, dict[str, Any]]], str | None]:
    """Entries with their blocks, and the cursor of the next entry to look at."""
    newest = get_audit_head(ctx.records, tenant).sequence
    sequence, place = (newest, None) if cursor is None else _position(cursor, newest)
    found: list[tuple[int, dict[str, Any]]] = []
    for number in range(sequence, max(sequence - BLOCKS, 0), -1):
        block = get_block(ctx.records, tenant, number)
        if block is None:
            continue  # the check of the chain says so; what is left can still be read
        if wanted.ends_at(block["written_at"]):
            return found, None
        entries = block["entries"]
        top = len(entries) - 1 if place is None else min(place, len(entries) - 1)
        for index in range(top, -1, -1):
            if len(found) == limit:
                return found, f"{number}.{index}"
            if wanted.takes(entries[index]):
                found.append((number, entries[index]))
        place = None
    rest = sequence - BLOCKS
    return found, f"{rest}.99" if rest >= 1 else None


def _position(cursor: str, newest: int) -> tuple[int, int]:
    matched = _CURSOR.match(cursor)
    if matched is None or int(matched[1]) > newest:
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    return int(matched[1]), int(matched[2])
