"""Ids: a prefix and a UUIDv7 in lower-case Crockford base32 (RFC 9562); tenants are short slugs.

Types that mean "checked": a raw string becomes one of these at the edge and nowhere else.
"""

import re
from typing import NewType

from chalicelib.domain.errors import NotFound, Refused

TenantId = NewType("TenantId", str)

PREFIXES = {
    "tr": "transfer",
    "fi": "file",
    "bl": "blob",
    "rq": "file request",
    "rc": "recipient",
    "ln": "link",
    "ev": "event",
    "mb": "member",
    "sa": "service account",
    "pt": "personal access token",
    "se": "session",
    "gs": "guest session",
    "ch": "challenge",
    "dl": "download session",
    "ct": "certificate batch",
    "in": "install",
    "gr": "grant",
    "dv": "device sign-in",
    "ml": "mail",
    "pn": "partner",
}

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 10
_BODY = "[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}"
# First words of keys that belong to no tenant (ports/record_store.py).
RESERVED = frozenset({"due", "outbox", "host", "lease", "clock"})
_TENANT = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]\Z")


def tenant_id(text: str) -> TenantId:
    """A checked tenant id: 3 to 32 of a-z, 0-9 and '-', beginning with a letter. Raises Refused("tenant_invalid")."""
    if not _TENANT.match(text) or text in RESERVED:
        raise Refused(
            "tenant_invalid", "A tenant id has 3 to 32 lower-case letters, digits or hyphens, and is no word of ours."
        )
    return TenantId(text)


def is_id(text: object, prefix: str) -> bool:
    """Whether ``text`` has the form of an id of this prefix."""
    return isinstance(text, str) and re.fullmatch(f"{prefix}_{_BODY}", text) is not None


def checked_id(text: str, prefix: str) -> str:
    """The id as given, or NotFound: a malformed id answers exactly like an absent one."""
    if not is_id(text, prefix):
        raise NotFound
    return text


def moments_of(beginning: str) -> tuple[int, int]:
    """The first and last moment (ms) at which an id that begins so can have been made: 48 bits of time stand in front (RFC 9562 5.7)."""
    digits = beginning.partition("_")[2][:_TIME_DIGITS]
    first, last = (
        int("".join(f"{_CROCKFORD.index(one):05b}" for one in digits.ljust(_TIME_DIGITS, pad)), 2) for pad in "0z"
    )
    return first, last
