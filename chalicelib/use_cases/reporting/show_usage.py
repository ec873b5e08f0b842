"""For admins and auditors: what was sent, fetched and destroyed, by day, of the tenant or of each member."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.quota import day_of
from chalicelib.domain.usage import checked_day, days_between
from chalicelib.stores.usage_store import UsageLine, members_of_day, tenant_days
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.reporting.check_audit import OVERSEERS

By = Literal["tenant", "member"]
DEFAULT_DAYS: Final = 30
_DAYS_A_PAGE: Final = 31
_MANY: Final = 100
_CURSOR: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:~([A-Za-z0-9_-]+))?\Z", re.ASCII)


def show_usage(
    ctx: Context, principal: Principal, *, first: str | None, last: str | None, by: By, limit: int, cursor: str | None
) -> tuple[list[UsageLine], str | None]:
    """One page, oldest day first; ``first`` and ``last`` are UTC days, the past 30 without. A page may be short and still have a next one.

    Raises Refused("role_missing"), ("query_invalid"), ("cursor_invalid"), NotFound for guests.
    """
    principal.require_member()
    principal.require_role(*OVERSEERS)
    days = _days(ctx, first, last)
    inner: str | None = None
    if cursor is not None:
        day, inner = _position(cursor, days)
        days = days[days.index(day) :]
    if by == "member":
        return _by_member(ctx, principal.tenant, days, limit, inner)
    return _by_tenant(ctx, principal.tenant, days, limit)


def _days(ctx: Context, first: str | None, last: str | None) -> list[str]:
    today = date.fromisoformat(day_of(ctx.clock.now_ms()))
    end = today if last is None else checked_day(last, "/to")
    return days_between(end - timedelta(days=DEFAULT_DAYS - 1) if first is None else checked_day(first, "/from"), end)


def _by_tenant(ctx: Context, tenant: str, days: Sequence[str], limit: int) -> tuple[list[UsageLine], str | None]:
    looked = days[: min(limit, _MANY)]
    rest = days[len(looked) :]
    return tenant_days(ctx.records, tenant, looked), rest[0] if rest else None


def _by_member(
    ctx: Context, tenant: str, days: Sequence[str], limit: int, inner: str | None
) -> tuple[list[UsageLine], str | None]:
    found: list[UsageLine] = []
    for day in days[:_DAYS_A_PAGE]:
        if len(found) == limit:
            return found, day
        lines, inner = members_of_day(ctx.records, tenant, day, limit=limit - len(found), cursor=inner)
        found += lines
        if inner is not None:
            return found, f"{day}~{inner}"
    rest = days[_DAYS_A_PAGE:]
    return found, rest[0] if rest else None


def _position(cursor: str, days: Sequence[str]) -> tuple[str, str | None]:
    matched = _CURSOR.match(cursor)
    if matched is None or matched[1] not in days:
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    return matched[1], matched[2]
