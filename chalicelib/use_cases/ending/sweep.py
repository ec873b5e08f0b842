"""The sweeper: every minute it works off what has become due, and after a pause all that was missed.

Due items lie in partitions by minute and shard. The mark ``swept`` is the last minute whose partitions were found empty; a run reads from
there (and the few minutes before it, for writers whose clock was behind) to the present minute. An item leaves its partition only in
the transaction that did its work, or when its work is put off, so a sweeper that is killed anywhere is simply followed by the next.

    lease claimed ---- up to 240 minutes, four shards in threads ---- mark written ---- ... ---- lease given back
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.ports.record_store import Key, Put
from chalicelib.stores.due_store import SHARDS, DueItem, due_delete, due_put, take_due
from chalicelib.use_cases.clearing.make_ready import make_ready
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.expire_due import expire_due
from chalicelib.use_cases.ending.remind_expiring import remind_expiring
from chalicelib.use_cases.ending.state_backups_past import state_backups_past
from chalicelib.use_cases.leases import LEASE_MS, Lease, claim, release, renew
from chalicelib.use_cases.receiving.close_exhausted import close_exhausted
from chalicelib.use_cases.receiving.note_fetch import settle_sent

LEASE: Final = "sweep-due"
BUDGET: Final = 56_000  # the next sweep begins with the next minute
LOOK_BACK: Final = 5  # minutes: no writer's clock is further behind than this (docs/operations names it)
FIRST_LOOK: Final = DAY // MINUTE
SOON: Final = MINUTE
LATER: Final = 5 * MINUTE
PAGE: Final = 100
SPAN: Final = 240  # minutes between two marks while catching up
_MARK: Final = Key("due#swept", "mark")
_ENDS: Final = ("expire", "abandon", "destroy")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """``items`` were worked off; ``finished`` tells whether everything due was reached within the budget."""

    items: int
    finished: bool


def sweep(ctx: Context, *, holder: str, budget_ms: int = BUDGET) -> Swept:
    """Work off what is due. Another sweeper at work means nothing to do."""
    lease = claim(ctx, LEASE, holder=holder, next_after=lambda now: now)
    if lease is None:
        return Swept(0, finished=False)
    held = [lease]
    try:
        return _sweep(ctx, held, until=ctx.clock.now_ms() + budget_ms)
    finally:
        release(ctx, held[0])


def _sweep(ctx: Context, held: list[Lease], *, until: int) -> Swept:
    present = ctx.clock.now_ms() // MINUTE
    mark = ctx.records.get(_MARK)
    swept = present - FIRST_LOOK if mark is None else min(int(mark.body["minute"]), present)
    items = 0
    renew_at = ctx.clock.now_ms() + LEASE_MS // 3
    with ThreadPoolExecutor(max_workers=SHARDS) as threads:
        for first in range(swept - LOOK_BACK, present + 1, SPAN):
            minutes = range(first, min(first + SPAN, present + 1))
            done = list(threads.map(partial(_shard, ctx, minutes, until), range(SHARDS)))
            items += sum(count for count, _ in done)
            if not all(finished for _, finished in done):
                return Swept(items, finished=False)
            ctx.records.transact([Put(_MARK, {"minute": minutes[-1]})])
            if ctx.clock.now_ms() >= renew_at:
                held[0] = renew(ctx, held[0])
                renew_at += LEASE_MS // 3
    return Swept(items, finished=True)


def _shard(ctx: Context, minutes: range, until: int, shard: int) -> tuple[int, bool]:
    """How many items of one shard were worked off, and whether all its partitions were read to their end."""
    count = 0
    for minute in minutes:
        cursor: str | None = None
        while True:
            if ctx.clock.now_ms() >= until:
                return count, False
            items, cursor = take_due(ctx.records, minute, shard, limit=PAGE, cursor=cursor)
            _work(ctx, items)
            count += len(items)
            if cursor is None:
                break
    return count, True


def _work(ctx: Context, items: Sequence[DueItem]) -> None:
    ends = [item for item in items if item.kind in _ENDS]
    if ends and not _guarded(ends, lambda: _end(ctx, ends)):
        for item in ends:  # one of them is at fault: find out which, and let the others go
            _one(ctx, item, partial(_end, ctx, [item]))
    for item in items:
        if item.kind not in _ENDS:
            _one(ctx, item, partial(_single, ctx, item))


def _end(ctx: Context, items: Sequence[DueItem]) -> None:
    for item in expire_due(ctx, items):
        _put_off(ctx, item, SOON)


def _one(ctx: Context, item: DueItem, act: Callable[[], None]) -> None:
    """One item that fails must not stop the sweep, nor hold its mark back: it is put off."""
    if not _guarded([item], act):
        _put_off(ctx, item, LATER)


def _put_off(ctx: Context, item: DueItem, ms: int) -> None:
    later = DueItem(item.tenant, item.subject, item.kind, ctx.clock.now_ms() + ms)
    ctx.records.transact([due_delete(item), due_put(later)])


def _guarded(items: Sequence[DueItem], act: Callable[[], None]) -> bool:
    try:
        act()
    except Exception as error:  # noqa: BLE001  whatever it is, the next transfer must still be destroyed in time
        code = error.code if isinstance(error, Refused) else type(error).__name__
        _log.warning("due: %d items, first %s %s: %s", len(items), items[0].subject, items[0].kind, code)
        return False
    return True


def _single(ctx: Context, item: DueItem) -> None:
    if item.kind in ("hold", "send"):
        make_ready(ctx, item.tenant, item.subject, item=item)
    elif item.kind == "expiring":
        remind_expiring(ctx, item)
    elif item.kind == "backup_past":
        state_backups_past(ctx, item)
    else:
        if item.kind == "exhaust":
            close_exhausted(ctx, item.tenant, item.subject)
        if item.kind == "arrived":
            settle_sent(ctx, item.tenant, item.subject)
        ctx.records.transact([due_delete(item)])
