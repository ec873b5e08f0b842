"""Times as people type them."""

import re

from fumibako.errors import UsageError
from fumibako.messages import text

_FORM = re.compile(r"(\d{1,6})([mhdw])\Z")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}


def minutes_of(typed: str) -> int:
    """``30m``, ``12h``, ``7d``, ``2w`` in minutes. Raises UsageError("duration_wrong")."""
    match = _FORM.match(typed.strip())
    if match is None:
        raise UsageError("duration_wrong", text("duration_wrong", typed=typed), text("duration_wrong_hint"))
    return int(match[1]) * _MINUTES[match[2]]
