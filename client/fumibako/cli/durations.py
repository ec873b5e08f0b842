"""Times as people type them."""

import re

from fumibako.errors import UsageError
from fumibako.messages import text

_FORM = re.compile(r"(\d{1,6})([smhdw])\Z", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}


def minutes_of(typed: str) -> int:
    """``30m``, ``12h``, ``7d``, ``2w`` in minutes. Raises UsageError("duration_wrong")."""
    if typed.strip().endswith("s"):
        raise _wrong(typed)
    return seconds_of(typed) // 60


def seconds_of(typed: str) -> int:
    """The same in seconds, ``90s`` besides. Raises UsageError("duration_wrong")."""
    match = _FORM.match(typed.strip())
    if match is None:
        raise _wrong(typed)
    return int(match[1]) * _SECONDS[match[2]]


def _wrong(typed: str) -> UsageError:
    return UsageError("duration_wrong", text("duration_wrong", typed=typed), text("duration_wrong_hint"))
