"""Links of a file request: one for each address, mailed in batches.

batch: [ state ABSENT + link ] x n + one event with the mails, in one transaction
Two callers at once: the second meets a state there -> Conflict -> reads again and invites only who is left.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.file_request import FileRequest, require_request_open
from chalicelib.domain.link import Link
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.record_store import Operation
from chalicelib.stores.link_store import link_url, new_link, token_hash
from chalicelib.stores.recipients_store import get_recipients, get_states, state_put
from chalicelib.stores.request_store import get_request
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written

BATCH: Final = 40
# What one event may seal is 65,536 bytes (chalicelib/ports/key_store.py).
MAILS_BYTES: Final = 60_000


@dataclass
class Invitations:
    """One batch: the writes, and the mails for its event."""

    operations: list[Operation] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0


def first_invitations(
    ctx: Context, tenant: Tenant, request: FileRequest, entries: Sequence[RecipientEntry]
) -> Invitations:
    """Links and mails for as many of these as one event holds; nobody of them was invited yet."""
    made = Invitations()
    size = 0
    for entry in entries[:BATCH]:
        token, put = new_link(ctx, request_link(ctx, request, entry))
        mail = _mail(tenant, request, entry, token)
        size += len(json.dumps(mail, ensure_ascii=False).encode()) + 2
        if made.count and size > MAILS_BYTES:
            break
        state = RecipientState(entry.id, "invited", link=token_hash(token), invited_at=ctx.clock.now_ms())
        made.operations += [put, state_put(tenant.id, request.id, state)]
        made.mails.append(mail)
        made.count += 1
    return made


def invite_rest(ctx: Context, tenant: Tenant, request: str) -> None:
    """Invite everybody who was not; nothing happens once the request is closed."""
    while until_written(lambda: _invite_batch(ctx, tenant, request)):
        pass


def request_link(ctx: Context, request: FileRequest, entry: RecipientEntry | None) -> Link:
    """A link into a file request: bound to an address, or open to its domains. It ends with the request."""
    return Link(
        id=ctx.ids.new("ln"),
        tenant=request.tenant,
        subject=request.id,
        kind="request",
        created_at=ctx.clock.now_ms(),
        proof=request.proof,
        language=request.language if entry is None else entry.language,
        recipient=None if entry is None else entry.id,
        name="" if entry is None else entry.name,
        address=None if entry is None else entry.email,
        domains=request.domains if entry is None else (),
    )


def _invite_batch(ctx: Context, tenant: Tenant, request_id: str) -> int:
    request = get_request(ctx.records, tenant.id, request_id)
    if not request.recipients:
        return 0
    try:
        require_request_open(request, ctx.clock.now_ms())
    except Refused:
        return 0
    entries = get_recipients(ctx.records, tenant.id, request_id)
    states = get_states(ctx.records, tenant.id, request_id, [one.id for one in entries])
    left = [one for one in entries if states[one.id].invited_at is None]
    if not left:
        return 0
    made = first_invitations(ctx, tenant, request, left)
    event = make_event(
        ctx,
        type="request.invited.v1",
        tenant=tenant.id,
        subject=request_id,
        sequence=request.version,
        actor=request.owner,
        data={"recipients": made.count},
        notify={"mails": made.mails},
    )
    ctx.records.transact(made.operations, [event])
    return made.count


def _mail(tenant: Tenant, request: FileRequest, entry: RecipientEntry, token: str) -> dict[str, Any]:
    return {
        "to": entry.email,
        "name": entry.name,
        "language": entry.language,
        "sender": {"name": request.owner_name, "company": request.company, "address": request.owner_address},
        "url": link_url(tenant, token),
        "title": request.title,
        "message": request.message,
        "expires_at": rfc3339(request.expires_at),
    }
