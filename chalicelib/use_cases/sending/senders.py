"""Who sends: what guests are shown of the caller. Names come from the account, never from the request."""

from dataclasses import dataclass

from chalicelib.domain.errors import NotFound
from chalicelib.domain.principal import Principal
from chalicelib.stores.account_store import get_member
from chalicelib.stores.recipients_store import get_recipient
from chalicelib.stores.session_store import get_session
from chalicelib.stores.token_store import get_service_account
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class Sender:
    """``address`` is empty for service accounts and for guests who proved nothing but their link."""

    name: str
    address: str


def sender_of(ctx: Context, principal: Principal) -> Sender:
    """The caller's name and address. Raises NotFound where the account is gone."""
    if principal.kind == "guest":
        return _guest(ctx, principal)
    if principal.id.startswith("sa_"):
        return Sender(get_service_account(ctx.records, principal.tenant, principal.id).name, "")
    member = get_member(ctx.records, principal.tenant, principal.id)
    return Sender(member.name, member.email)


def _guest(ctx: Context, principal: Principal) -> Sender:
    address = get_session(ctx.records, principal.tenant, principal.session).address or ""
    try:
        entry = get_recipient(ctx.records, principal.tenant, principal.link_subject or "", principal.id)
    except NotFound:  # a request open to a domain: the guest is known by the address they proved
        return Sender(address, address)
    return Sender(entry.name or entry.email, entry.email)
