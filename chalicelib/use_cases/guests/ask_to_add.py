"""Somebody whom a link was forwarded to asks its sender to be added. Nothing is opened by it: the sender decides."""

from chalicelib.domain.asking import Asked, asked_for
from chalicelib.domain.errors import Conflict
from chalicelib.domain.events import Event
from chalicelib.domain.link import Link
from chalicelib.domain.recipients import address_hash, checked_address
from chalicelib.stores.challenge_store import add_me_key, asked_from, put_add_me
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guests.link_subject import Subject, open_link
from chalicelib.use_cases.guests.mail_to_owner import mail_to_owner


def ask_to_add(ctx: Context, token: str, address: str, *, network: str) -> None:
    """Raises NotFound, Refused("gone") or "address_invalid". Answers alike whether a mail goes out or one did lately.

    two clicks:  A: read v1 - put v2 + event
                 B: read v1 ------ Conflict: somebody asked just now, which is what B wanted, or can ask for again
    """
    link, subject = open_link(ctx, token)
    address = checked_address(address)
    record = ctx.records.get(add_me_key(link.tenant, link.id))
    before = Asked() if record is None else asked_from(record.body)
    after = asked_for(before, address_hash(address), ctx.clock.now_ms())
    if after is None:
        return
    write = put_add_me(link.tenant, link.id, after, version=record.version if record else 0)
    try:
        ctx.records.transact([write], [_event(ctx, link, subject, address, network)])
    except Conflict:
        return


def _event(ctx: Context, link: Link, subject: Subject, address: str, network: str) -> Event:
    # The fragment: an address has no business in the log of a proxy.
    mail = mail_to_owner(ctx, link, subject, who=address, fragment=f"add={address}")
    return make_event(
        ctx,
        type="access.asked.v1",
        tenant=link.tenant,
        subject=link.subject,
        sequence=subject.sequence,
        actor=link.recipient or "system",
        data={"link": link.id},
        notify=mail,
        personal={"address": address, "network": network},
    )
