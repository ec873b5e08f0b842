"""One click of a guest: ask the sender for more time. At most one mail an hour for a link, however often it is clicked."""

from chalicelib.domain.errors import Conflict
from chalicelib.domain.events import Event
from chalicelib.domain.link import Link
from chalicelib.domain.session import HOUR
from chalicelib.stores.challenge_store import more_time_key, put_more_time
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guests.link_subject import Subject, open_link
from chalicelib.use_cases.guests.mail_to_owner import mail_to_owner


def ask_more_time(ctx: Context, token: str) -> None:
    """Raises NotFound or Refused("gone"). Asking again within the hour does nothing and answers alike.

    two clicks:  A: read v1 - put v2 + event
                 B: read v1 ------ Conflict: somebody asked just now, which is what B wanted
    """
    link, subject = open_link(ctx, token)
    now = ctx.clock.now_ms()
    record = ctx.records.get(more_time_key(link.tenant, link.id))
    if record is not None and now - record.body["at"] < HOUR:
        return
    write = put_more_time(link.tenant, link.id, at=now, version=record.version if record else 0)
    try:
        ctx.records.transact([write], [_event(ctx, link, subject)])
    except Conflict:
        return


def _event(ctx: Context, link: Link, subject: Subject) -> Event:
    return make_event(
        ctx,
        type="more_time.asked.v1",
        tenant=link.tenant,
        subject=link.subject,
        sequence=subject.sequence,
        actor=link.recipient or "system",
        data={"recipient": link.recipient},
        notify=mail_to_owner(ctx, link, subject, who=link.name or link.address or ""),
    )
