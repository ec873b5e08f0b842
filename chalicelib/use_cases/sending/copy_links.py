"""The sender's own copies of recipients' links: for those who pass them on by hand (chat, QR, phone)."""

from dataclasses import dataclass

from chalicelib.domain.errors import NotFound
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import require_open
from chalicelib.domain.transfer_access import require_owner
from chalicelib.stores.link_store import link_url
from chalicelib.stores.recipients_store import get_recipients, get_states
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.clearing.invite_recipients import token_of
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class CopiedLink:
    """``url`` of a sealed transfer lacks the key: the sender's program adds it behind a dot."""

    recipient: str
    url: str


def copy_links(ctx: Context, principal: Principal, transfer: str, *, recipient: str | None) -> list[CopiedLink]:
    """Links of those invited so far, or of one recipient. Raises NotFound, Refused("gone") unless the transfer is ready."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    require_owner(head, principal)
    require_open(head, ctx.clock.now_ms())
    entries = get_recipients(ctx.records, head.tenant, head.id)
    ids = [one.id for one in entries if recipient in (None, one.id)]
    if recipient is not None and not ids:
        raise NotFound
    tenant = get_tenant(ctx.records, head.tenant)
    states = get_states(ctx.records, head.tenant, head.id, ids)
    tokens = [(one, token_of(ctx, head, states[one])) for one in ids]
    return [CopiedLink(one, link_url(tenant, token, head.transfer_class)) for one, token in tokens if token is not None]
