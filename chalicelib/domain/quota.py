"""A tenant's quotas: bytes kept at one time, transfers and file requests a day. Counters are split over shards so that writers seldom meet.

Each create reads all shards, judges their sum and writes one. Writers of different shards do not see each other, so a limit can be
passed by what ``SHARDS - 1`` creates at one moment ask for; creates after one another meet it exactly.
"""

from datetime import UTC, datetime

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY, Tenant

SHARDS = 8


def day_of(now: int) -> str:
    """The UTC day of a moment, ``2026-01-31``."""
    return datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%d")


def next_day_seconds(now: int) -> int:
    """Whole seconds until the next UTC day begins, at least 1."""
    return -(-(DAY - now % DAY) // 1000)


def require_transfers(tenant: Tenant, today: int, now: int) -> None:
    """Raises Refused("quota_exceeded") where ``today`` transfers and file requests already use up the day."""
    if today >= tenant.quota_transfers_per_day:
        raise Refused(
            "quota_exceeded",
            f"Your organisation makes at most {tenant.quota_transfers_per_day} transfers and file requests a day.",
            retry_after=next_day_seconds(now),
        )


def require_bytes(tenant: Tenant, kept: int, more: int) -> None:
    """Raises Refused("quota_full") where ``more`` bytes beside ``kept`` would pass what the tenant may keep."""
    if kept + more > tenant.quota_bytes:
        raise Refused("quota_full", f"Your organisation keeps at most {tenant.quota_bytes} bytes at one time.")
