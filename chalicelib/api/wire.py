"""What bodies share on the wire: base types of requests and answers, and times.

Requests refuse unknown members (``forbid_unknown_fields``); answers leave out members that are None. Times are RFC 3339 in UTC with
milliseconds and ``Z`` outside, integer milliseconds since the epoch inside.
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from chalicelib.domain.errors import refuse_field
from chalicelib.domain.timestamps import rfc3339 as to_time
from chalicelib.domain.timestamps import rfc3339_or_none as to_time_or_none

__all__ = ["AnswerBody", "RequestBody", "from_time", "to_time", "to_time_or_none"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_MILLISECOND = timedelta(milliseconds=1)


class RequestBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of every body that a client sends."""


class AnswerBody(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Base of every body that a service sends; optional members default to None and are then left out."""


def from_time(text: str, pointer: str) -> int:
    """Milliseconds of an RFC 3339 time with its offset. Raises Refused("time_invalid") naming ``pointer`` (RFC 6901)."""
    try:
        if not _TIME.match(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        raise refuse_field("time_invalid", pointer, "A time is written like 2026-01-31T09:30:00Z.") from None
