"""Making events: what people's programs may see in ``data``, everything else sealed for the one consumer that needs it (spec/events.md)."""

import json
from typing import Any

from chalicelib.domain.events import Event
from chalicelib.use_cases.context import Context


def make_event(
    ctx: Context,
    *,
    type: str,  # noqa: A002 - the word of CloudEvents
    tenant: str,
    subject: str,
    sequence: int,
    actor: str,
    data: dict[str, Any],
    notify: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> Event:
    """An event with a new id, ready for the transaction that makes it true.

    ``type`` without prefix (``transfer.ready.v1``); ``sequence`` is the aggregate's version after the write. ``notify`` is sealed for
    notifications and ``personal`` for reporting, each at most 65,536 bytes of JSON, with the event's id as context.
    """
    event_id = ctx.ids.new("ev")
    sealed = {
        consumer: ctx.keys.seal(
            json.dumps(content, ensure_ascii=False).encode(),
            tenant=tenant,
            purpose=f"event-{consumer}",
            context=event_id,
        )
        for consumer, content in (("notifications", notify), ("reporting", personal))
        if content is not None
    }
    return Event(
        id=event_id,
        type=type,
        tenant=tenant,
        subject=subject,
        sequence=sequence,
        at=ctx.clock.now_ms(),
        data={"actor": actor, **data},
        sealed=sealed,
    )
