"""A tenant and its settings: every limit and default that an admin may set, and the host name everything else derives from."""

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

Proof = Literal["link", "code", "passphrase"]
Rule = Literal["allow", "approve", "block"]
Allowed = Literal["allow", "block"]
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True)
class Tenant:
    """``base_url`` is the one setting that links, CORS, cookies and signing use: scheme and host, no path.

    ``blob_base_url`` is where signed URLs point (the same host unless the store has its own). Times in days or minutes as named.
    """

    id: TenantId
    name: str
    base_url: str
    blob_base_url: str
    sender_address: str
    language: Literal["ja", "en"] = "ja"
    default_expiry_days: int = 7
    max_expiry_days: int = 90
    hold_minutes: int = 5
    proof: Proof = "code"
    allow_plain: bool = False
    unscannable: Rule = "allow"
    sealed: Rule = "allow"
    compatible_downloads: Allowed = "allow"
    abandon_days: int = 7
    backup_days: int = 35
    quota_bytes: int = 10 * 1024**4
    quota_transfers_per_day: int = 5_000
    requests_per_minute: int = 1_200
    version: int = 0


def checked_base_url(text: str) -> str:
    """Scheme and host without path, user, query or fragment; https, or http for a loopback host. Raises Refused("base_url_invalid")."""
    parts = urlsplit(text)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    plain_ok = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if (
        not parts.hostname
        or not plain_ok
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise Refused("base_url_invalid", "The address needs https and a host, and nothing behind it.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def with_settings(tenant: Tenant, **changes: object) -> Tenant:
    """The tenant with checked changes. Raises Refused("setting_invalid") for values outside their range."""
    ranges = {
        "default_expiry_days": (1, 3650),
        "max_expiry_days": (1, 3650),
        "hold_minutes": (0, 60),
        "abandon_days": (1, 30),
        "backup_days": (0, 3650),
        "quota_bytes": (0, 2**60),
        "quota_transfers_per_day": (0, 10**6),
        "requests_per_minute": (1, 10**6),
    }
    for name, value in changes.items():
        if name in ranges:
            low, high = ranges[name]
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise Refused("setting_invalid", f"{name} takes a whole number from {low} to {high}.")
    changed: Tenant = replace(tenant, **changes)  # type: ignore[arg-type]  # names are checked by the dataclass itself
    if changed.default_expiry_days > changed.max_expiry_days:
        raise Refused("setting_invalid", "The default expiry is beyond the longest one.")
    return changed
