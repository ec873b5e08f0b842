"""Blocks of the audit chain out of logged events: by one writer of a tenant at a time, every minute or when a block is full.

    A: lease, head at row n (v) ---- [block s ABSENT, head v -> v+1 at row n+k, rows n+1..n+k formed] ----
    B:     no lease: leaves it to A        (a lease that ended while A was paused: Conflict on head, nothing is written)
    [killed before]: the rows wait, the next writer makes the same block    [killed after]: the rows are in block s, and nowhere else

Rows have no gaps, so what waits is what stands behind the head's position. A row that is gone all the same gets an entry that says so.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from chalicelib.domain.audit import (
    MAX_ENTRIES,
    MAX_ENTRY_BYTES,
    action_of,
    actor_of,
    data_of,
    fitting,
    missing_entry,
    needs_root,
)
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.record_store import Operation
from chalicelib.stores.audit_store import (
    AuditHead,
    audit_head_put,
    block_put,
    due_mark,
    due_tenants,
    due_unmark,
    due_version,
    get_audit_head,
)
from chalicelib.stores.event_log_store import Logged, formed_put, get_log_head, get_logged
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.leases import claim, release
from fumibako_format.canonical import canonical_json
from fumibako_format.errors import EncodingInvalid
from fumibako_format.proofs import audit_block, audit_block_hash

BLOCKS: Final = 20  # under one lease: seconds, far less than it lasts
ROUNDS: Final = 200
_log = logging.getLogger("fumibako.reporting")


def form_due_blocks(ctx: Context, *, holder: str) -> int:
    """Form what waits of every tenant; gives how many entries went into blocks. One tenant's trouble holds up no other."""
    formed = 0
    for tenant in list(due_tenants(ctx.records, "audit")):
        try:
            for _ in range(ROUNDS):
                entries = form_blocks(ctx, tenant, holder=holder)
                formed += entries
                if not entries:
                    break
        except Exception as error:  # noqa: BLE001  whatever it is, the next tenant's chain goes on
            code = error.code if isinstance(error, Refused) else type(error).__name__
            _log.warning("blocks not formed", extra={"code": code})
    return formed


def form_blocks(ctx: Context, tenant: str, *, holder: str, at_least: int = 1) -> int:
    """Up to 20 blocks, each only while ``at_least`` entries wait; gives how many entries. 0 also where another writer is at it."""
    lease = claim(ctx, f"audit#{tenant}", holder=holder, next_after=lambda now: now)
    if lease is None:
        return 0
    formed = 0
    try:
        for _ in range(BLOCKS):
            entries = _form_one(ctx, tenant, at_least)
            formed += entries
            if not entries:
                break
    except Conflict:
        pass  # the lease was lost to another writer, who has these entries
    finally:
        release(ctx, lease)
    return formed


def _form_one(ctx: Context, tenant: str, at_least: int) -> int:
    marked = due_version(ctx.records, "audit", tenant)
    head = get_audit_head(ctx.records, tenant)
    waiting = get_log_head(ctx.records, tenant).count - head.position
    if waiting < at_least:
        if waiting == 0 and marked is not None:
            ctx.records.transact([due_unmark("audit", tenant, marked)])
        return 0
    now = max(ctx.clock.now_ms(), head.written_at)
    numbers = range(head.position + 1, head.position + 1 + min(waiting, MAX_ENTRIES))
    rows = {one.number: one for one in get_logged(ctx.records, tenant, numbers[0], len(numbers))}
    entries = [entry_of(rows.get(number), number, now) for number in numbers]
    taken = fitting([len(canonical_json(entry)) for entry in entries])
    formed = [rows[number] for number in numbers[:taken] if number in rows]
    ctx.records.transact(
        [*block_puts(tenant, head, entries[:taken], now), *(formed_put(tenant, one, now) for one in formed)]
    )
    return taken


def block_puts(tenant: str, head: AuditHead, entries: list[dict[str, Any]], now: int) -> list[Operation]:
    """The next block, the head behind it, and the mark that a root is due. ``now``: not before the head's ``written_at``."""
    block = audit_block(
        tenant=tenant,
        sequence=head.sequence + 1,
        previous=head.hash,
        entries=entries,
        written_at=rfc3339(now),
    )
    after = replace(
        head,
        sequence=head.sequence + 1,
        hash=audit_block_hash(block),
        position=head.position + len(entries),
        written_at=now,
    )
    writes: list[Operation] = [audit_head_put(tenant, after), block_put(tenant, block)]
    if needs_root(entry["action"] for entry in entries):
        writes.append(due_mark("audit-roots", tenant))
    return writes


def entry_of(logged: Logged | None, number: int, now: int) -> dict[str, Any]:
    """The audit entry of a logged event; None: its row is gone."""
    if logged is None:
        return missing_entry(number, rfc3339(now))
    entry = {
        "id": logged.id,
        # A writer whose clock is ahead of ours must not make an entry younger than its block.
        "at": rfc3339(min(logged.at, now)),
        "actor": actor_of(logged.data),
        "action": action_of(logged.type),
        "subject": logged.subject,
        "data": data_of(logged.data),
        "commitments": logged.commitments,
    }
    return entry if _fits(entry) else entry | {"data": {"left_out": True}}


def _fits(entry: Mapping[str, Any]) -> bool:
    """Whether it can be hashed (integers up to 2^53 - 1) and is no larger than 8 KiB; one event must not stop the chain."""
    try:
        return len(canonical_json(entry)) <= MAX_ENTRY_BYTES
    except EncodingInvalid:
        return False
