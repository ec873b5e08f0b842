"""Remind those who have not fetched yet, and the sender, that a transfer ends soon.

Reminded once for each end: a mark beside the transfer is written in the event's transaction, so a repeated due item sends nothing.
"""

from typing import Any, Final

from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.events import Event
from chalicelib.domain.reminder import reminder_at
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import State, Transfer, expired
from chalicelib.ports.record_store import ABSENT, Key, Operation, Put
from chalicelib.stores.due_store import DueItem, due_delete, due_put
from chalicelib.stores.keys import aggregate_pk
from chalicelib.stores.link_store import link_url
from chalicelib.stores.recipients_store import get_recipients, get_states
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.clearing.invite_recipients import token_of
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.telling.sender_mail import owner_mail, sender_of

MAILS_AN_EVENT: Final = 100
_FETCHED: Final = ("downloaded", "exhausted")


def remind_expiring(ctx: Context, item: DueItem) -> None:
    """Work off one due item of the kind ``expiring``."""
    drop: list[Operation] = [due_delete(item)]
    try:
        head = get_transfer(ctx.records, item.tenant, item.subject)
    except NotFound:
        ctx.records.transact(drop)
        return
    now = ctx.clock.now_ms()
    if head.state is not State.READY or expired(head, now):
        ctx.records.transact(drop)
        return
    moment = reminder_at(head.ready_at or 0, head.expires_at)
    if moment is None or moment > now:  # extended meanwhile
        later = [] if moment is None else [due_put(DueItem(head.tenant, head.id, "expiring", moment))]
        ctx.records.transact([*drop, *later])
        return
    mark = Put(Key(aggregate_pk(head.tenant, head.id), f"reminded#{head.expires_at:013d}"), {}, ABSENT)
    try:
        ctx.records.transact([*drop, mark], _events(ctx, head))
    except Conflict:
        ctx.records.transact(drop)


def _events(ctx: Context, head: Transfer) -> list[Event]:
    mails = _mails(ctx, get_tenant(ctx.records, head.tenant), head)
    chunks = [mails[start : start + MAILS_AN_EVENT] for start in range(0, len(mails), MAILS_AN_EVENT)] or [[]]
    return [
        make_event(
            ctx,
            type="transfer.expiring.v1",
            tenant=head.tenant,
            subject=head.id,
            sequence=head.version,
            actor="system",
            data={"expires_at": rfc3339(head.expires_at)} | ({"part": number} if number else {}),
            notify={"mails": chunk} if chunk else None,
        )
        for number, chunk in enumerate(chunks)
    ]


def _mails(ctx: Context, tenant: Tenant, head: Transfer) -> list[dict[str, Any]]:
    shared = {"sender": sender_of(head), "title": head.title, "expires_at": rfc3339(head.expires_at)}
    owner = owner_mail(ctx, tenant, head)
    entries = get_recipients(ctx.records, head.tenant, head.id) if head.recipients else []
    states = get_states(ctx.records, head.tenant, head.id, [one.id for one in entries])
    waiting = [one for one in entries if states[one.id].state not in _FETCHED]
    mails = [
        {"to": one.email, "name": one.name, "language": one.language or head.language, "role": "recipient", **shared}
        | _url(tenant, head, token_of(ctx, head, states[one.id]))
        for one in waiting
    ]
    if waiting and owner.to:
        mails.append({"to": owner.to, "name": owner.name, "language": owner.language, "role": "sender", **shared})
    return mails


def _url(tenant: Tenant, head: Transfer, token: str | None) -> dict[str, str]:
    return {} if token is None else {"url": link_url(tenant, token, head.transfer_class)}
