"""The stored form of an event: one JSON text in the outbox, in queues and in dead letters.

This is what the four services' own queues carry, not the public CloudEvents form. Members: ``v`` (the form's version, 1), the fields
of ``Event`` by name, ``at`` in milliseconds, ``sealed`` as consumer name -> base64url without padding (RFC 4648 section 5). Readers
ignore members they don't know, and refuse another ``v``.
"""

import base64
import json
from typing import Any

from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event

FORM = 1


def event_to_json(event: Event) -> str:
    """The event as JSON text in ASCII, so that NUL and any other character survive every store and queue."""
    return json.dumps(
        {
            "v": FORM,
            "id": event.id,
            "type": event.type,
            "tenant": event.tenant,
            "subject": event.subject,
            "sequence": event.sequence,
            "at": event.at,
            "data": event.data,
            "sealed": {consumer: _to_text(sealed) for consumer, sealed in event.sealed.items()},
        },
        separators=(",", ":"),
        allow_nan=False,
    )


def event_from_json(text: str) -> Event:
    """The event of such a text. Raises Refused("event_unreadable") on anything else; the text itself is never quoted."""
    try:
        fields: dict[str, Any] = json.loads(text)
        if fields["v"] != FORM:
            raise Refused("event_unreadable", "This event has a form that this version does not know.")
        return Event(
            id=_text(fields["id"]),
            type=_text(fields["type"]),
            tenant=_text(fields["tenant"]),
            subject=_text(fields["subject"]),
            sequence=_whole(fields["sequence"]),
            at=_whole(fields["at"]),
            data=dict(fields["data"]),
            sealed={consumer: _from_text(sealed) for consumer, sealed in fields["sealed"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # From None: the cause would quote what may be sealed parts.
        raise Refused("event_unreadable", "This text is not an event.") from None


def _to_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _from_text(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value
