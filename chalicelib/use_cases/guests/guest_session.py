"""The session of a guest who has proved who they are, bound to link and recipient; whatever the proof was."""

from dataclasses import dataclass, replace

from chalicelib.domain.challenge import code_spent
from chalicelib.domain.errors import Conflict
from chalicelib.domain.events import Event
from chalicelib.domain.link import Link
from chalicelib.domain.session import GUEST_SCOPES, Client, Session
from chalicelib.ports.record_store import Operation
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.open_session import Tokens, begin_session, session_writes, tokens_of
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guests.link_subject import Subject


@dataclass(frozen=True)
class Verified:
    """The guest's tokens, and what they are good for. ``link_hash`` is the SHA-256 of the link's token."""

    tokens: Tokens
    subject: str
    recipient: str
    link_hash: str


@dataclass(frozen=True)
class Proved:
    """Who it is. ``proof`` is how that was proved, ``writes`` what makes the proof good for once."""

    recipient: str
    address: str | None
    proof: str
    writes: tuple[Operation, ...] = ()


def begin_guest(
    ctx: Context, link: Link, link_hash: str, subject: Subject, proved: Proved, *, network: str
) -> Verified:
    """Raises Refused("code_spent") where the same proof was used at this moment."""
    tenant = get_tenant(ctx.records, link.tenant)
    session = begin_session(ctx, tenant, kind="guest", owner=proved.recipient, client=Client.GUEST, scopes=GUEST_SCOPES)
    session = replace(session, link=link.id, link_hash=link_hash, link_subject=link.subject, address=proved.address)
    try:
        event = _verified(ctx, link, subject, session, proved.proof, network)
        ctx.records.transact([*proved.writes, *session_writes(ctx, session)], [event])
    except Conflict:
        # The challenge was answered by another request at this moment: a code is good for one session.
        raise code_spent() from None
    return Verified(tokens_of(ctx, tenant, session, frozenset()), link.subject, proved.recipient, link_hash)


def _verified(ctx: Context, link: Link, subject: Subject, session: Session, proof: str, network: str) -> Event:
    return make_event(
        ctx,
        type="guest.verified.v1",
        tenant=link.tenant,
        subject=link.subject,
        sequence=subject.sequence,
        actor=session.owner,
        data={"recipient": session.owner, "link": link.id, "proof": proof},
        personal={"address": session.address, "network": network},
    )
