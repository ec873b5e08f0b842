"""Give every recipient of a ready transfer a link of their own, and mail it.

    batch of up to 24 recipients: [ state ABSENT + link + event (+ line in a member's list) ] x n in one transaction
    worker A and B at once: the second meets the state there -> Conflict -> reads again and invites only who is left
    [killed between batches]: the event comes again, the rest is invited

The link's token is kept sealed beside the recipient's state, for mailing it again and for the sender's own copy; it goes at closing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chalicelib.domain.errors import NotFound
from chalicelib.domain.events import Event
from chalicelib.domain.link import Link
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import State, Transfer, expired
from chalicelib.ports.record_store import Operation
from chalicelib.stores.account_store import address_key
from chalicelib.stores.index_store import inbox_puts
from chalicelib.stores.link_store import link_url, new_link, token_hash
from chalicelib.stores.recipients_store import get_recipients, get_states, state_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.telling.sender_mail import sender_of

PURPOSE: Final = "recipient-link"
BATCH: Final = 24


def invite_recipients(ctx: Context, tenant: str, transfer: str) -> int:
    """Invite who was not invited yet; gives how many. A transfer that is not ready (any more) is left alone."""
    invited = 0
    while True:
        batch = until_written(lambda: _invite_batch(ctx, tenant, transfer))
        invited += batch
        if batch < BATCH:
            return invited


def _invite_batch(ctx: Context, tenant_id: str, transfer: str) -> int:
    try:
        head = get_transfer(ctx.records, tenant_id, transfer)
    except NotFound:
        return 0
    if head.state is not State.READY or expired(head, ctx.clock.now_ms()) or not head.recipients:
        return 0
    tenant = get_tenant(ctx.records, tenant_id)
    entries = get_recipients(ctx.records, tenant_id, transfer)
    states = get_states(ctx.records, tenant_id, transfer, [one.id for one in entries])
    left = [one for one in entries if states[one.id].invited_at is None][:BATCH]
    if left:
        _write(ctx, tenant, head, left, [states[one.id] for one in left])
    return len(left)


def _write(
    ctx: Context, tenant: Tenant, head: Transfer, entries: Sequence[RecipientEntry], states: Sequence[RecipientState]
) -> None:
    now = ctx.clock.now_ms()
    operations: list[Operation] = _received(ctx, head, entries)
    events: list[Event] = []
    for entry, state in zip(entries, states, strict=True):
        link = _link(ctx, head, entry, now=now)
        token, put = new_link(ctx, link)
        sealed = ctx.keys.seal(token.encode(), tenant=head.tenant, purpose=PURPOSE, context=f"{head.id}/{entry.id}")
        invited = replace(state, state="invited", link=token_hash(token), token=sealed, invited_at=now)
        operations += [put, state_put(head.tenant, head.id, invited)]
        events.append(_invited(ctx, tenant, head, entry, link, token))
    ctx.records.transact(operations, events)


def _received(ctx: Context, head: Transfer, entries: Sequence[RecipientEntry]) -> list[Operation]:
    """Lines in the lists of those recipients who are members; outsiders have no list, and their address makes no key."""
    keys = {address_key(head.tenant, entry.email): entry.email for entry in entries}
    found = {record.key for record in ctx.records.get_many(list(keys))}
    return [*inbox_puts(head, entries[0].id, [address for key, address in keys.items() if key in found])]


def _link(ctx: Context, head: Transfer, entry: RecipientEntry, *, now: int) -> Link:
    """No end of its own: it follows the transfer, which may be extended."""
    return Link(
        id=ctx.ids.new("ln"),
        tenant=head.tenant,
        subject=head.id,
        kind="transfer",
        created_at=now,
        proof=head.proof,
        language=entry.language or head.language,
        recipient=entry.id,
        address=entry.email,
        name=entry.name,
        passphrase_auth_hash=head.passphrase_auth_hash if head.proof == "passphrase" else None,
    )


def _invited(ctx: Context, tenant: Tenant, head: Transfer, entry: RecipientEntry, link: Link, token: str) -> Event:
    content = {
        "to": entry.email,
        "name": entry.name,
        "language": link.language,
        "sender": sender_of(head),
        "url": link_url(tenant, token, head.transfer_class),
        "title": head.title,
        "message": head.message,
        "files": head.files,
        "bytes": head.bytes,
        "expires_at": rfc3339(head.expires_at),
        "class": str(head.transfer_class),
        "scan": str(head.scan),
        "proof": head.proof,
    }
    return make_event(
        ctx,
        type="recipient.invited.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version,
        actor=head.owner,
        data={"recipient": entry.id, "link": link.id},
        notify=content if head.notify else None,
        personal={"address": entry.email},
    )


def token_of(ctx: Context, head: Transfer, state: RecipientState) -> str | None:
    """The link's token of an invited recipient, None before the invitation and after closing."""
    if state.token is None:
        return None
    opened = ctx.keys.open(state.token, tenant=head.tenant, purpose=PURPOSE, context=f"{head.id}/{state.id}")
    return opened.decode()
