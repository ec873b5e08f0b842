"""Milliseconds to the wire's text and back: RFC 3339, UTC with Z, three digits of milliseconds."""

from datetime import UTC, datetime, timedelta

# Without a zone: isoformat() would write +00:00 where we write Z.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def rfc3339(ms: int) -> str:
    """``2026-01-01T00:00:00.000Z``; one width, so that comparing texts compares times."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds") + "Z"


def rfc3339_or_none(ms: int | None) -> str | None:
    """The same for a moment that may not have come."""
    return None if ms is None else rfc3339(ms)
