"""Close a transfer when every recipient used up every file and nobody is fetching any more.

The head's count of exhausted recipients only says when it is worth looking; the counters themselves decide, because a limit that was
raised meanwhile gives downloads back.
"""

from chalicelib.domain.download import IDLE, session_open, spent
from chalicelib.domain.transfer import Reason, State, Transfer
from chalicelib.stores.download_store import get_counts, open_sessions, page_of
from chalicelib.stores.due_store import DueItem, due_put
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.closing import closing
from chalicelib.use_cases.guarded import until_written


def close_exhausted(ctx: Context, tenant: str, transfer: str) -> bool:
    """Whether it was closed by this call. Where a session is still open, a due item asks again when it can have idled out."""
    return until_written(lambda: _close(ctx, tenant, transfer))


def _close(ctx: Context, tenant: str, transfer: str) -> bool:
    head = get_transfer(ctx.records, tenant, transfer)
    if head.state is not State.READY or not _all_exhausted(ctx, head):
        return False
    now = ctx.clock.now_ms()
    running = [one for one in open_sessions(ctx.records, tenant, transfer) if session_open(one, now)]
    if running:
        again = min(one.last_used_at for one in running) + IDLE
        ctx.records.transact([due_put(DueItem(tenant, transfer, "exhaust", again))])
        return False
    made = closing(ctx, head, Reason.EXHAUSTED, actor="system")
    ctx.records.transact(made.operations, made.events)
    return True


def _all_exhausted(ctx: Context, head: Transfer) -> bool:
    if head.max_downloads is None or not head.recipients or head.exhausted_recipients < head.recipients:
        return False
    pages = range(page_of(max(head.files, 1) - 1) + 1)
    for one in get_recipients(ctx.records, head.tenant, head.id):
        counts = get_counts(ctx.records, head.tenant, head.id, one.id, pages).values()
        if sum(spent(count, head.max_downloads) for page in counts for count in page.counts.values()) < head.files:
            return False
    return True
