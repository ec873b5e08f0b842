"""What an event asks to be mailed, sent once as far as that can be known.

    handler A: [delivery ABSENT -> sending] - send - [sending -> sent]
    handler B:            Conflict: A has it             (same event, delivered twice: leaves it to A)
    [A killed after send, before sent]: the event comes again with attempt 2, finds ``sending`` older than the lease, and sends
    the same Message-ID once more; mail programs show one (docs/weaknesses.md).

The sealed content is opened here and nowhere else; nothing of it is stored.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from chalicelib.catalogue import catalogue
from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.mails import KINDS, compose, kind_of
from chalicelib.domain.tenant import MINUTE, Tenant
from chalicelib.ports.mail import Mail
from chalicelib.stores.delivery_store import Delivery, delivery_puts, get_delivery
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context

# Longer than a handler may take, so that "sending" older than this was left by a crash.
STALE_MS: Final = 2 * MINUTE


def send_mails(ctx: Context, event: Event) -> None:
    """Send every mail of the event that was not sent yet. Raises StoreAway (mail system away): the event then comes again."""
    sealed = event.sealed.get("notifications")
    if event.type not in KINDS or sealed is None:
        return
    try:
        tenant = get_tenant(ctx.records, event.tenant)
    except NotFound:
        return
    opened = ctx.keys.open(sealed, tenant=event.tenant, purpose="event-notifications", context=event.id)
    content: dict[str, Any] = json.loads(opened)
    mails = content.get("mails", [content])
    for number, one in enumerate(mails):
        if one.get("to"):
            _send_one(ctx, tenant, event, number, one)


def _send_one(ctx: Context, tenant: Tenant, event: Event, number: int, content: Mapping[str, Any]) -> None:
    now = ctx.clock.now_ms()
    kind = kind_of(event.type, content)
    known = get_delivery(ctx.records, tenant.id, event.id, number)
    if known is not None and known.state != "sending":
        return
    if known is not None and now < known.at + STALE_MS:
        raise Refused("in_flight", "Another worker is sending this mail.", retry_after=STALE_MS // 1000)
    taken = replace(known or Delivery(event.id, number, kind, "sending", 0, now), at=now)
    taken = replace(taken, attempts=taken.attempts + 1)
    try:
        ctx.records.transact(delivery_puts(tenant.id, taken, event.at))
    except Conflict:
        return
    state = _hand_over(ctx, tenant, event, number, kind, content, taken)
    ended = replace(taken, state=state, at=ctx.clock.now_ms(), version=taken.version + 1)
    ctx.records.transact(delivery_puts(tenant.id, ended, event.at))


def _hand_over(
    ctx: Context,
    tenant: Tenant,
    event: Event,
    number: int,
    kind: str,
    content: Mapping[str, Any],
    taken: Delivery,
) -> Any:
    mail = _mail(tenant, event, number, kind, content)
    try:
        ctx.mail.send(mail)
    except Refused as refused:
        if refused.code in ("mail_refused", "mail_invalid"):
            return "failed"
        # Nothing left here: let the next attempt begin at once instead of after the stale time.
        again = replace(taken, at=ctx.clock.now_ms() - STALE_MS, version=taken.version + 1)
        ctx.records.transact(delivery_puts(tenant.id, again, event.at))
        raise
    return "sent"


def _mail(tenant: Tenant, event: Event, number: int, kind: str, content: Mapping[str, Any]) -> Mail:
    language = content.get("language") or tenant.language
    letter = compose(kind, language, catalogue(language), content, company=tenant.name)
    domain = tenant.sender_address.rpartition("@")[2]
    return Mail(
        to=str(content["to"]),
        sender_name=letter.sender_name,
        sender_address=tenant.sender_address,
        reply_to=letter.reply_to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        message_id=f"<{event.id}.{number}@{domain}>",
        language=language,
    )
