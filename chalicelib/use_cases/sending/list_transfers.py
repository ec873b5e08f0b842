"""Pages of transfers: sent, received, or all of a tenant. Work per page is bounded; a page may be short and still have a next one."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry, same_address_key
from chalicelib.domain.transfer import State, Transfer, effective
from chalicelib.domain.transfer_access import BOXES, OVERSEERS
from chalicelib.stores.index_store import all_pk, newest, received_pk, sent_pk
from chalicelib.stores.recipients_store import get_states_of, page_entries, recipient_page_key
from chalicelib.stores.transfer_store import get_transfers
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.member_address import member_address
from chalicelib.use_cases.sending.show_transfer import TransferView, is_inside

RECIPIENTS_A_LINE = 3
_ROUNDS = 4
_LINES_A_ROUND = 50


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed by; ``since`` and ``until`` are moments of creation, ``until`` not included."""

    box: str = "sent"
    state: State | None = None
    recipient: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class TransferPage:
    """Newest first. Each line has its first three recipients."""

    items: tuple[TransferView, ...]
    cursor: str | None


def list_transfers(
    ctx: Context, principal: Principal, wanted: Wanted, *, cursor: str | None, limit: int
) -> TransferPage:
    """A page of up to ``limit`` transfers (200 lines of the list are looked at, at most). Raises Refused("role_missing"), NotFound for guests."""
    principal.require_member()
    pk = _box(ctx, principal, wanted.box)
    if pk is None:
        return TransferPage((), None)
    found: list[Transfer] = []
    prefix = _prefix(wanted)
    for _ in range(_ROUNDS):
        lines, cursor = newest(
            ctx.records, pk, limit=min(limit - len(found), _LINES_A_ROUND), cursor=cursor, prefix=prefix
        )
        ids = [one.id for one in lines if _in_time(one.created_at, wanted)]
        found += _fitting(ctx, principal, get_transfers(ctx.records, principal.tenant, ids), wanted)
        if lines and wanted.since is not None and lines[-1].created_at < wanted.since:
            cursor = None
        if cursor is None or len(found) >= limit:
            break
    return TransferPage(_lines(ctx, principal, found), cursor)


def _box(ctx: Context, principal: Principal, box: str) -> str | None:
    if box == "all":
        principal.require_role(*OVERSEERS)
        return all_pk(principal.tenant)
    if box == "sent":
        return sent_pk(principal.tenant, principal.id)
    if box != "received":
        raise Refused("box_unknown", f"The boxes are {', '.join(BOXES)}.")
    address = member_address(ctx, principal)
    return received_pk(principal.tenant, address) if address else None


def _prefix(wanted: Wanted) -> str:
    """The digits that all moments of the range begin with narrow the query itself."""
    if wanted.since is None or wanted.until is None or wanted.until <= wanted.since:
        return ""
    first, last = f"{wanted.since:013d}", f"{wanted.until - 1:013d}"
    same = next((n for n, (one, other) in enumerate(zip(first, last, strict=True)) if one != other), len(first))
    return first[:same]


def _in_time(created_at: int, wanted: Wanted) -> bool:
    after = wanted.since is None or created_at >= wanted.since
    return after and (wanted.until is None or created_at < wanted.until)


def _fitting(ctx: Context, principal: Principal, heads: Sequence[Transfer], wanted: Wanted) -> list[Transfer]:
    now = ctx.clock.now_ms()
    fitting = [effective(head, now) for head in heads]
    if wanted.box == "received":
        # What came to one's own request stays listed; what others sent is there while it can be fetched.
        fitting = [
            head for head in fitting if head.ready_at and (head.owner == principal.id or head.state is State.READY)
        ]
    if wanted.state is not None:
        fitting = [head for head in fitting if head.state is wanted.state]
    if wanted.recipient is not None:
        key = same_address_key(wanted.recipient)
        entries = _entries(ctx, fitting, pages=2)
        fitting = [head for head in fitting if any(same_address_key(one.email) == key for one in entries[head.id])]
    return fitting


def _lines(ctx: Context, principal: Principal, heads: Sequence[Transfer]) -> tuple[TransferView, ...]:
    entries = _entries(ctx, [head for head in heads if is_inside(principal, head)], pages=1)
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


def _entries(ctx: Context, heads: Sequence[Transfer], *, pages: int) -> dict[str, list[RecipientEntry]]:
    """Recipients of each head by id, from its first pages."""
    keys = {
        recipient_page_key(head.tenant, head.id, page): head.id
        for head in heads
        for page in range(min(pages, head.recipient_pages))
    }
    found: dict[str, list[RecipientEntry]] = {head.id: [] for head in heads}
    every = list(keys)
    for start in range(0, len(every), 100):
        records = sorted(ctx.records.get_many(every[start : start + 100]), key=lambda record: record.key.sk)
        for record in records:
            found[keys[record.key]] += page_entries(record)
    return found
