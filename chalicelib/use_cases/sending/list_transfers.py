"""Pages of transfers: sent, received, or all of a tenant. Work per page is bounded; a page may be short and still have a next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import Transfer
from chalicelib.stores.index_store import cursor_of, newest, place_of
from chalicelib.stores.recipients_store import get_states_of
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.list_filter import Candidate, candidates, first_recipients, fitting
from chalicelib.use_cases.sending.list_plan import ListPlan, Wanted, plan_list
from chalicelib.use_cases.sending.show_transfer import TransferView, is_inside

__all__ = ["TransferPage", "Wanted", "list_transfers"]
RECIPIENTS_A_LINE = 3
_ROUNDS: Final = 5
# Lines of a further round, where most of them may not be wanted: those that are judged by other records, and those that tell by themselves.
_LOOKED_UP: Final = 200
_BARE: Final = 1_000
_HEADS: Final = 25  # of one read, where a page is almost full


@dataclass(frozen=True)
class TransferPage:
    """Newest first. Each line has its first three recipients."""

    items: tuple[TransferView, ...]
    cursor: str | None


def list_transfers(
    ctx: Context, principal: Principal, wanted: Wanted, *, cursor: str | None, limit: int
) -> TransferPage:
    """A page of up to ``limit`` transfers; behind the first ``limit`` lines of a list at most 4,000 are looked at, and 800 heads.

    Raises Refused("role_missing"), ("box_unknown"), ("cursor_invalid"), NotFound for guests.
    """
    principal.require_member()
    place = place_of(cursor)
    plan = plan_list(ctx, principal, wanted)
    if plan is None:
        return TransferPage((), None)
    found, place = _found(ctx, principal, wanted, plan, place=place, limit=limit)
    return TransferPage(_views(ctx, principal, found), None if place is None else cursor_of(place))


def _found(
    ctx: Context, principal: Principal, wanted: Wanted, plan: ListPlan, *, place: str | None, limit: int
) -> tuple[list[Transfer], str | None]:
    """Up to ``limit`` heads behind ``place``, and the place to go on at; None at the end."""
    if plan.until is not None:
        place = min(place or "~", f"{plan.until:013d}")
    narrow = _lines_a_round(wanted, plan)
    found: list[Transfer] = []
    for attempt in range(_ROUNDS):
        # Mostly all of the first lines are wanted: more of them would be read, and looked up elsewhere, in vain.
        most = max(limit, narrow) if attempt and narrow else limit - len(found)
        lines, more = newest(ctx.records, plan.lists, limit=most, before=place, since=plan.since)
        some = candidates(ctx, wanted, plan, lines)
        heads, full_at = _read(ctx, principal, wanted, some, room=limit - len(found))
        found += heads
        if full_at is not None:
            return found, full_at
        if not more:
            return found, None
        place = lines[-1].place
        if len(found) == limit:
            break
    return found, place


def _lines_a_round(wanted: Wanted, plan: ListPlan) -> int:
    """0 where nearly every line is wanted, and as many are read as the page takes."""
    if plan.must or plan.by_reading:
        return _LOOKED_UP
    return _BARE if wanted.transfer_class or wanted.sought.id_prefix else 0


def _read(
    ctx: Context, principal: Principal, wanted: Wanted, some: Sequence[Candidate], *, room: int
) -> tuple[list[Transfer], str | None]:
    """Heads of candidates until there is no room, and the place of the last one where others are left behind it."""
    found: list[Transfer] = []
    start = 0
    while start < len(some) and len(found) < room:
        left = room - len(found)
        part = some[start : start + max(left, _HEADS)]
        heads = fitting(ctx, principal, wanted, part)
        found += heads[:left]
        start += len(part)
        if len(heads) > left:
            return found, next(one.line.place for one in part if one.line.id == found[-1].id)
    return found, some[start - 1].line.place if start < len(some) else None


def _views(ctx: Context, principal: Principal, heads: Sequence[Transfer]) -> tuple[TransferView, ...]:
    entries = first_recipients(ctx, [head for head in heads if is_inside(principal, head)], pages=1)
    shown = {subject: [one for one in some if one.email][:RECIPIENTS_A_LINE] for subject, some in entries.items()}
    named = [(subject, one.id) for subject, some in shown.items() for one in some]
    states = get_states_of(ctx.records, principal.tenant, named)
    return tuple(
        TransferView(
            head,
            inside=is_inside(principal, head),
            recipients=tuple((one, states[one.id]) for one in shown.get(head.id, ())),
        )
        for head in heads
    )
