"""Close what has come to its end, and destroy it in the same breath: up to 100 due items at a time.

    sweeper A: due item read ---- head closed+destroying (v5) ---- bytes gone ---- destroyed (v6), due item deleted
    sweeper B: due item read ---- Conflict on v5: left for the next look ....................... due item gone
    [A killed]: the due item is still there; the next sweep finds ``destroying`` and goes on

A due item only says when to look. The head decides: one that was extended meanwhile is left alone.
"""

from collections.abc import Iterable, Sequence

from chalicelib.domain.retention import abandon_moment, abandoned
from chalicelib.domain.transfer import REASONS, Reason, State, Transfer, expired
from chalicelib.stores.due_store import DueItem, due_delete, due_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfers, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.closing import closing_for_good
from chalicelib.use_cases.ending.destroy_transfer import destroy_transfers
from chalicelib.use_cases.write_groups import Group, write_groups

_ENDING = (State.CLOSED, State.DESTROYING)


def expire_due(ctx: Context, items: Sequence[DueItem]) -> list[DueItem]:
    """Work off due items of the kinds expire, abandon and destroy; gives those whose work could not be ended now.

    That is: another writer was first, or a store is away or still lists something. They are to be looked at again.
    """
    heads = {head.id: head for head in _heads(ctx, items)}
    woken: dict[str, list[DueItem]] = {}
    for item in items:
        woken.setdefault(item.subject, []).append(item)
    reasons = {head.id: reason for head in heads.values() if (reason := _reason(ctx, head)) is not None}
    closed = _closed(ctx, [heads[one] for one in reasons], reasons)
    ending = [*closed, *(head for head in heads.values() if head.state in _ENDING)]
    ended = destroy_transfers(ctx, ending, woken)
    touched = {head.id for head in ending} | set(reasons)
    _drop(ctx, [item for item in items if item.subject not in touched], heads)
    return [item for item in items if item.subject in touched - ended]


def _heads(ctx: Context, items: Iterable[DueItem]) -> list[Transfer]:
    by_tenant: dict[str, list[str]] = {}
    for item in items:
        by_tenant.setdefault(item.tenant, []).append(item.subject)
    return [
        head
        for tenant, ids in by_tenant.items()
        for head in get_transfers(ctx.records, tenant, list(dict.fromkeys(ids)))
    ]


def _reason(ctx: Context, head: Transfer) -> Reason | None:
    """Why it ends now; None where it does not."""
    now = ctx.clock.now_ms()
    if head.state not in REASONS:
        return None
    if expired(head, now):
        return Reason.EXPIRED
    if head.state is State.UPLOADING and abandoned(head, get_tenant(ctx.records, head.tenant).abandon_days, now):
        return Reason.ABANDONED
    return None


def _closed(ctx: Context, heads: Sequence[Transfer], reasons: dict[str, Reason]) -> list[Transfer]:
    made = [closing_for_good(ctx, head, reasons[head.id], actor="system") for head in heads]
    done = write_groups(ctx, [Group(one.head.id, one.operations, one.events) for one in made])
    return [written(one.head) for one in made if one.head.id in done]


def _drop(ctx: Context, items: Sequence[DueItem], heads: dict[str, Transfer]) -> None:
    """Items of transfers that did not end: those still waiting get an item at their present moment before the old one goes."""
    groups = []
    for item in items:
        head = heads.get(item.subject)
        moved = [due_put(later)] if head is not None and (later := _later(ctx, head, item)) is not None else []
        groups.append(Group(f"{item.subject}#{item.kind}", (due_delete(item), *moved)))
    write_groups(ctx, groups)


def _later(ctx: Context, head: Transfer, item: DueItem) -> DueItem | None:
    at = None
    if item.kind == "expire" and head.state in REASONS:
        at = head.expires_at
    if item.kind == "abandon" and head.state is State.UPLOADING:
        at = abandon_moment(head, get_tenant(ctx.records, head.tenant).abandon_days)
    if at is None or at <= ctx.clock.now_ms():
        return None
    return DueItem(item.tenant, item.subject, item.kind, at)
