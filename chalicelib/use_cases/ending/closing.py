"""What every closing writes: the head, its event, and the due item that brings the destroyer even if every event were lost."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.events import Event
from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.transfer import Reason, State, Transfer, move
from chalicelib.ports.record_store import Operation
from chalicelib.stores.due_store import DueItem, due_put
from chalicelib.stores.index_store import state_lines
from chalicelib.stores.recipients_store import get_recipients, get_states
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.telling.sender_mail import sender_of

MAILS_AN_EVENT: Final = 100  # 100 mails with the longest names and titles stay under what one event may seal


@dataclass(frozen=True)
class Closing:
    """One transfer's part of a transaction; ``head`` is what ``operations`` write."""

    head: Transfer
    operations: tuple[Operation, ...]
    events: tuple[Event, ...]


def closing(ctx: Context, head: Transfer, reason: Reason, *, actor: str) -> Closing:
    """Close a transfer. Those who were invited are told of a recall, and of nothing else. Raises Refused("state_wrong")."""
    now = ctx.clock.now_ms()
    closed = move(head, State.CLOSED, now=now, reason=reason)
    due = due_put(DueItem(head.tenant, head.id, "destroy", now))
    operations = (transfer_put(closed), due, *state_lines(head, closed))
    return Closing(closed, operations, _events(ctx, head, reason, actor=actor))


def closing_for_good(ctx: Context, head: Transfer, reason: Reason, *, actor: str) -> Closing:
    """Close and begin to destroy in one write. For the sweeper: the due item that woke it stays until all is destroyed."""
    now = ctx.clock.now_ms()
    destroying = move(move(head, State.CLOSED, now=now, reason=reason), State.DESTROYING, now=now)
    operations = (transfer_put(destroying), *state_lines(head, destroying))
    return Closing(destroying, operations, _events(ctx, head, reason, actor=actor))


def _events(ctx: Context, head: Transfer, reason: Reason, *, actor: str) -> tuple[Event, ...]:
    mails = _mails(ctx, head) if reason is Reason.REVOKED and head.notify else []
    chunks = [mails[start : start + MAILS_AN_EVENT] for start in range(0, len(mails), MAILS_AN_EVENT)] or [[]]
    return tuple(
        make_event(
            ctx,
            type="transfer.closed.v1",
            tenant=head.tenant,
            subject=head.id,
            sequence=head.version + 1,
            actor=actor,
            data={"reason": str(reason)} | ({"part": number} if number else {}),
            notify={"mails": chunk} if chunk else None,
        )
        for number, chunk in enumerate(chunks)
    )


def _mails(ctx: Context, head: Transfer) -> list[dict[str, Any]]:
    return [
        {"to": one.email, "name": one.name, "language": one.language, "sender": sender_of(head), "title": head.title}
        for one in _invited(ctx, head)
    ]


def _invited(ctx: Context, head: Transfer) -> list[RecipientEntry]:
    entries = get_recipients(ctx.records, head.tenant, head.id) if head.recipients else []
    states = get_states(ctx.records, head.tenant, head.id, [one.id for one in entries])
    return [one for one in entries if states[one.id].invited_at is not None]
