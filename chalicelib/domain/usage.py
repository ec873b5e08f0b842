"""Usage of a tenant and of its members by UTC day: sums of what events tell.

A transfer counts on the day its upload was completed, a download when its reader had the bytes, a destruction when it was
verified. What guests and the system do counts for the tenant alone.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Final

from chalicelib.domain.errors import Refused, refuse_field
from chalicelib.domain.events import Event

MAX_DAYS: Final = 366


@dataclass(frozen=True)
class Usage:
    """Numbers of things, and bytes of ciphertext."""

    transfers: int = 0
    files: int = 0
    bytes: int = 0
    downloads: int = 0
    downloaded_bytes: int = 0
    requests: int = 0
    destroyed: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def usage_of(event: Event) -> Usage | None:
    """What one event adds; None for events that are not counted."""
    data = event.data
    if event.type == "transfer.completed.v1":
        return Usage(transfers=1, files=_whole(data, "files"), bytes=_whole(data, "bytes"))
    if event.type == "download.completed.v1":
        return Usage(downloads=1, downloaded_bytes=_whole(data, "bytes"))
    if event.type == "request.created.v1":
        return Usage(requests=1)
    if event.type == "transfer.destroyed.v1":
        return Usage(destroyed=1)
    return None


def member_of(event: Event) -> str | None:
    """The member or service account whose usage it is, None for guests and the system."""
    actor = event.data.get("actor")
    return actor if isinstance(actor, str) and actor.startswith(("mb_", "sa_")) else None


def checked_day(text: str, pointer: str) -> date:
    """A day written ``2026-01-31``. Raises Refused("query_invalid") naming ``pointer``."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise refuse_field("query_invalid", pointer, "A day is written like 2026-01-31.")
    return day


def days_between(first: date, last: date) -> list[str]:
    """Every day from first to last, both included, oldest first. Raises Refused("query_invalid") for more than 366 or none."""
    count = (last - first).days + 1
    if not 1 <= count <= MAX_DAYS:
        raise Refused("query_invalid", f"From and to are 1 to {MAX_DAYS} days, the earlier one first.")
    return [(first + timedelta(days=n)).isoformat() for n in range(count)]


def _whole(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
