"""One transfer for whoever may see it: owner, uploader, overseers, recipients."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry, RecipientState, same_address_key
from chalicelib.domain.transfer import Transfer, effective
from chalicelib.domain.transfer_access import OVERSEERS, require_viewer
from chalicelib.stores.recipients_store import get_recipients, get_recipients_and_states, get_states
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.recipients_after import read_recipients

RECIPIENTS_SHOWN = 100


@dataclass(frozen=True)
class TransferView:
    """``inside`` tells that the viewer may see version, hold and send time; a recipient sees itself alone among the recipients."""

    head: Transfer
    inside: bool
    recipients: tuple[tuple[RecipientEntry, RecipientState], ...] = ()
    recipients_next: str | None = None


def show_transfer(ctx: Context, principal: Principal, transfer: str, *, cursor: str | None = None) -> TransferView:
    """The transfer as it stands now, an expired one as closed. ``cursor`` continues the recipients. Raises NotFound, Refused("gone")."""
    now = ctx.clock.now_ms()
    head = get_transfer(ctx.records, principal.tenant, transfer)
    mine = viewer_entries(ctx, principal, head)
    require_viewer(head, principal, now, addressed=bool(mine))
    head = effective(head, now)
    if not is_inside(principal, head):
        return TransferView(head, inside=False, recipients=_with_states(ctx, head, mine))
    if cursor is None and head.recipients <= RECIPIENTS_SHOWN and head.destroyed_at is None:
        return TransferView(head, inside=True, recipients=_few_recipients(ctx, head))
    entries = read_recipients(ctx, head)
    start = _place(cursor)
    shown = entries[start : start + RECIPIENTS_SHOWN]
    more = str(start + RECIPIENTS_SHOWN) if len(entries) > start + RECIPIENTS_SHOWN else None
    return TransferView(head, inside=True, recipients=_with_states(ctx, head, shown), recipients_next=more)


def show_own(ctx: Context, principal: Principal, head: Transfer) -> TransferView:
    """A transfer that the caller just changed and may see. ``head`` is what was written."""
    entries = read_recipients(ctx, head) if is_inside(principal, head) else []
    more = str(RECIPIENTS_SHOWN) if len(entries) > RECIPIENTS_SHOWN else None
    shown = _with_states(ctx, head, entries[:RECIPIENTS_SHOWN])
    return TransferView(head, inside=is_inside(principal, head), recipients=shown, recipients_next=more)


def viewer_entries(ctx: Context, principal: Principal, head: Transfer) -> list[RecipientEntry]:
    """The recipients that the caller is: a guest by id, a member by address."""
    if principal.kind == "guest":
        return [one for one in _entries(ctx, head) if one.id == principal.id]
    if principal.id == head.owner:
        # Who asked for files is their recipient; a sender may have addressed themselves.
        return []
    from chalicelib.use_cases.sending.member_address import member_address  # noqa: PLC0415  # owners need no accounts

    address = member_address(ctx, principal)
    if not address:
        return []
    return [one for one in _entries(ctx, head) if same_address_key(one.email) == same_address_key(address)]


def is_inside(principal: Principal, head: Transfer) -> bool:
    """Owner and overseers."""
    return principal.kind != "guest" and (principal.id == head.owner or bool(principal.roles & OVERSEERS))


def _entries(ctx: Context, head: Transfer) -> list[RecipientEntry]:
    return get_recipients(ctx.records, head.tenant, head.id) if head.recipients else []


def _few_recipients(ctx: Context, head: Transfer) -> tuple[tuple[RecipientEntry, RecipientState], ...]:
    if not head.recipients:
        return ()
    entries, states = get_recipients_and_states(ctx.records, head.tenant, head.id)
    return tuple((one, states[one.id]) for one in entries)


def _with_states(
    ctx: Context, head: Transfer, entries: Sequence[RecipientEntry]
) -> tuple[tuple[RecipientEntry, RecipientState], ...]:
    states = get_states(ctx.records, head.tenant, head.id, [one.id for one in entries])
    return tuple((one, states[one.id]) for one in entries)


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 4):
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    return int(cursor)
