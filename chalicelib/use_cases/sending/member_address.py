"""The address of a member who reads."""

from chalicelib.domain.principal import Principal
from chalicelib.stores.account_store import get_member
from chalicelib.use_cases.context import Context


def member_address(ctx: Context, principal: Principal) -> str | None:
    """The address under which transfers come for a member; None for guests and service accounts. Raises NotFound where the account is gone."""
    if principal.kind == "guest" or not principal.id.startswith("mb_"):
        return None
    return get_member(ctx.records, principal.tenant, principal.id).email or None
