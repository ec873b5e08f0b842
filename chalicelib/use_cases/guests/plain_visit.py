"""Who comes back to a page without script: a guest session, found by the secret that its cookie carries.

The secret is the session's refresh token; it is never turned here, because a browser that follows two links at once has nobody who could keep
the newer one. The cookie's path is the link's, and the session must be of that very link.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.link import Link, split_token
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import MINUTE, Session, require_live
from chalicelib.domain.transfer_states import TransferClass
from chalicelib.stores.session_store import changed_session, find_refresh, get_session
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guests.link_subject import Subject, open_link


@dataclass(frozen=True)
class PlainLink:
    """A link that leads to a plain transfer, and what it leads to."""

    link: Link
    subject: Subject


def open_plain_link(ctx: Context, token: str) -> PlainLink:
    """Raises NotFound, also for a link that leads to anything but a plain transfer; Refused("gone")."""
    link, subject = open_link(ctx, token)
    if link.kind != "transfer" or subject.transfer_class != TransferClass.PLAIN:
        raise NotFound
    return PlainLink(link, subject)


def visitor_of(ctx: Context, link: Link, secret: str) -> Principal | None:
    """The guest whose cookie this is, where it still holds; its session counts as used."""
    session = _session(ctx, link, secret)
    if session is None:
        return None
    _note_use(ctx, session)
    return Principal(
        tenant=session.tenant,
        kind="guest",
        id=session.owner,
        session=session.id,
        roles=frozenset(),
        scopes=frozenset(session.scopes),
        link=session.link,
        link_subject=session.link_subject,
    )


def _session(ctx: Context, link: Link, secret: str) -> Session | None:
    try:
        tenant, _ = split_token(secret)
        found = find_refresh(ctx.records, tenant, secret) if tenant == link.tenant else None
        session = get_session(ctx.records, tenant, found[0]) if found else None
        if session is None or found is None or session.generation != found[1]:
            return None
        require_live(session, ctx.clock.now_ms())
    except NotFound:
        return None
    except Refused as refused:
        if refused.code != "token_invalid":
            raise
        return None
    return session if session.kind == "guest" and session.link == link.id else None


def _note_use(ctx: Context, session: Session) -> None:
    """Once a minute is enough for an idle time of an hour; losing against another request is no loss."""
    now = ctx.clock.now_ms()
    if now < session.last_used_at + MINUTE:
        return
    try:
        ctx.records.transact([changed_session(replace(session, last_used_at=now))])
    except Conflict:
        return
