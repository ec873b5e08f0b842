"""One transaction for a run of a tenant's events: rows, dedupe marks, usage, and where the run is long and nothing waits its audit block too.

    few events:        [rows, counter, usage, mark]  ....  a minute later: [block, head, rows formed]
    40 and more:       [rows formed, counter, usage, block, head]

So a burst writes each row once instead of twice. Both ways are guarded by the same two heads: of two writers one loses and reads anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chalicelib.domain.audit import fitting
from chalicelib.domain.errors import Conflict
from chalicelib.ports.record_store import Operation
from chalicelib.stores.audit_store import due_mark, get_audit_head
from chalicelib.stores.event_log_store import KEPT, get_log_head, log_head_put, seen_events
from chalicelib.stores.usage_store import usage_puts
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.reporting.append_audit import Appended
from chalicelib.use_cases.reporting.form_blocks import block_puts, entry_of
from chalicelib.use_cases.reporting.project_usage import project_usage
from fumibako_format.canonical import canonical_json

SHARED: Final = (
    4  # operations beside rows and usage: the counter; head, block and mark of the chain, or the mark of what waits
)
LONG: Final = 40  # events that are worth a block of their own


def log_run(ctx: Context, tenant: str, together: Sequence[Appended]) -> None:
    """Log what was not logged before. Raises Conflict where other writers are always faster, and what the store raises."""
    try:
        _write(ctx, tenant, together)
    except Conflict:  # rare: an event that came again, or another writer
        until_written(lambda: _write(ctx, tenant, _unseen(ctx, tenant, together)))


def _unseen(ctx: Context, tenant: str, together: Sequence[Appended]) -> list[Appended]:
    seen = seen_events(ctx.records, tenant, [one.event.id for one in together])
    return [one for one in together if one.event.id not in seen]


def _write(ctx: Context, tenant: str, new: Sequence[Appended]) -> None:
    if not new:
        return
    now = ctx.clock.now_ms()
    head = get_log_head(ctx.records, tenant)
    numbered = [replace(one, logged=replace(one.logged, number=n)) for n, one in enumerate(new, head.count + 1)]
    lines = usage_puts(ctx.records, project_usage(one.event for one in new))
    block = _block(ctx, tenant, numbered, now) if len(new) >= LONG else None
    gone_after = None if block is None else now + KEPT
    rows = [put for one in numbered for put in one.puts(now, gone_after)]
    ctx.records.transact_batch(
        [log_head_put(tenant, head, len(new)), *(block or [due_mark("audit", tenant)]), *rows, *lines]
    )


def _block(ctx: Context, tenant: str, numbered: Sequence[Appended], now: int) -> list[Operation] | None:
    """The writes of a block of just these; None where others wait before them, or they are too large for one block."""
    chain = get_audit_head(ctx.records, tenant)
    if chain.position != numbered[0].logged.number - 1:
        return None
    at = max(now, chain.written_at)
    entries = [entry_of(one.logged, one.logged.number, at) for one in numbered]
    return block_puts(tenant, chain, entries, at) if _fit(entries) else None


def _fit(entries: Sequence[dict[str, Any]]) -> bool:
    return fitting([len(canonical_json(entry)) for entry in entries]) == len(entries)
