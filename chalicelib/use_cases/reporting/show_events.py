"""For admins' programs: every event of the tenant in the order in which it came in, kept 30 days, without anything sealed."""

import re
from typing import Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.stores.event_log_store import Logged, first_number, get_logged
from chalicelib.use_cases.context import Context

_AFTER: Final = re.compile(r"\d{1,15}\Z", re.ASCII)


def show_events(ctx: Context, principal: Principal, *, after: str | None, limit: int) -> tuple[list[Logged], str]:
    """Events behind ``after``, and what to give as ``after`` next time: the same again where nothing new came.

    A reader who keeps that value misses no event and gets none twice, as long as it asks once in 30 days. Raises Refused("role_missing"),
    ("cursor_invalid"), NotFound for guests.
    """
    principal.require_member()
    principal.require_role("admin")
    if after is not None and not _AFTER.match(after):
        raise Refused("cursor_invalid", "after takes what next was on the page before.")
    seen = 0 if after is None else int(after)
    oldest = first_number(ctx.records, principal.tenant)
    if oldest is None:
        return [], str(seen)
    found = get_logged(ctx.records, principal.tenant, max(seen + 1, oldest), limit)
    return found, str(found[-1].number if found else seen)
