"""Blocks and signed roots as they are kept, page by page: all pages joined are what ``fumibako verify`` takes (spec/proofs.md section 5)."""

import re
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.stores.audit_store import Root, get_audit_head, get_roots, list_roots
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.reporting.check_audit import OVERSEERS, run_of_blocks

BLOCKS: Final = 10  # of up to 300 KB each: an answer stays under 5 MB with its roots
_CURSOR: Final = re.compile(r"[1-9]\d{0,11}\Z", re.ASCII)


@dataclass(frozen=True)
class AuditPart:
    """Some blocks in order, the roots that speak of them or of the one before, and where to go on."""

    blocks: list[dict[str, Any]]
    roots: list[dict[str, Any]]
    cursor: str | None


def export_audit(ctx: Context, principal: Principal, *, from_block: int, cursor: str | None) -> AuditPart:
    """One page. Raises Refused("role_missing"), ("cursor_invalid"), ("audit_broken") where a block is gone, NotFound for guests."""
    principal.require_member()
    principal.require_role(*OVERSEERS)
    tenant = principal.tenant
    if cursor is not None and not _CURSOR.match(cursor):
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    first = from_block if cursor is None else int(cursor)
    newest = get_audit_head(ctx.records, tenant).sequence
    last = min(first + BLOCKS - 1, newest)
    if first > newest:
        return AuditPart([], [], None)
    blocks = list(run_of_blocks(ctx, tenant, first, last))
    roots = [root.document for root in get_roots(ctx.records, tenant, max(1, first - 1), last)]
    return AuditPart(blocks, roots, str(last + 1) if last < newest else None)


def show_roots(ctx: Context, principal: Principal, *, limit: int, cursor: str | None) -> tuple[list[Root], str | None]:
    """Signed roots, newest first. Raises Refused("role_missing"), ("cursor_invalid"), NotFound for guests."""
    principal.require_member()
    principal.require_role(*OVERSEERS)
    return list_roots(ctx.records, principal.tenant, limit=limit, cursor=cursor)
