"""For admins: which mails left, and the way back for those that could not."""

from chalicelib.domain.principal import Principal
from chalicelib.stores.delivery_store import Delivery, list_deliveries
from chalicelib.use_cases.context import Context


def show_deliveries(
    ctx: Context, principal: Principal, *, limit: int, cursor: str | None
) -> tuple[list[Delivery], str | None]:
    """One page, newest first. Raises Refused("role_missing")."""
    principal.require_member()
    principal.require_role("admin")
    return list_deliveries(ctx.records, principal.tenant, limit=limit, cursor=cursor)


def replay_deliveries(ctx: Context, principal: Principal) -> None:
    """Put the dead letters of notifications back. Raises Refused("role_missing").

    The queue is shared by the tenants of an install, so nothing is told of how many there were.
    """
    principal.require_member()
    principal.require_role("admin")
    ctx.bus.replay("notifications")
