"""Times inside signed documents: RFC 3339, UTC with Z, exactly three digits of milliseconds.

One width and one zone, so that comparing the texts compares the times.
"""

import re
from datetime import datetime
from typing import Any

from fumibako_format.errors import ProofInvalid

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def check_timestamp(value: Any, field: str) -> str:
    """Return the time when it is one of this form and of the calendar; raises ProofInvalid naming ``field``."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise ProofInvalid(f"{field} is not a UTC time with milliseconds.")
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise ProofInvalid(f"{field} is not a time of the calendar.") from error
    return value
