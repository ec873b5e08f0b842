"""New tokens for a refresh token: whoever stands behind the session must still be allowed in."""

from dataclasses import dataclass

from chalicelib.domain.account import Member, require_active
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.link import require_link_open
from chalicelib.domain.session import Session
from chalicelib.domain.token import token_invalid
from chalicelib.domain.transfer import require_open
from chalicelib.stores.account_store import get_member
from chalicelib.stores.link_store import get_link_by_hash, token_hash
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.accounts.open_session import Tokens, tokens_of, turn_session
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class Refreshed:
    """``member`` is None for guests."""

    tokens: Tokens
    member: Member | None


def refresh_session(ctx: Context, token: str, *, link: str | None = None) -> Refreshed:
    """Raises Refused("token_invalid"), or Refused("gone") to a guest whose transfer has ended.

    ``link``: the token of the link that the session has to be of, where the caller names one.
    """
    try:
        session = turn_session(ctx, token)
    except Refused as refused:
        if refused.code != "token_invalid":
            raise
        # One sentence for a session that ended and a token that never was: nothing is learnt by trying.
        raise token_invalid() from None
    if link is not None and session.link_hash != token_hash(link):
        raise token_invalid()
    tenant = get_tenant(ctx.records, session.tenant)
    if session.kind == "guest":
        _require_guest(ctx, session)
        return Refreshed(tokens_of(ctx, tenant, session, frozenset()), None)
    try:
        member = get_member(ctx.records, session.tenant, session.owner)
    except NotFound:
        raise token_invalid() from None
    require_active(member)
    return Refreshed(tokens_of(ctx, tenant, session, frozenset(member.roles)), member)


def _require_guest(ctx: Context, session: Session) -> None:
    """A guest's session ends with its link. Uploads to a file request judge themselves: one that began in time may end."""
    now = ctx.clock.now_ms()
    subject = session.link_subject or ""
    try:
        link = get_link_by_hash(ctx.records, session.tenant, session.link_hash or "")
        if subject.startswith("tr_"):
            require_link_open(link, now)
            require_open(get_transfer(ctx.records, session.tenant, subject), now)
    except NotFound:
        raise Refused("gone", "This link leads nowhere any more.") from None
