"""Who is asking: the first thing that every client asks."""

from chalicelib.domain.account import Member
from chalicelib.domain.principal import Principal
from chalicelib.domain.tenant import Tenant
from chalicelib.stores.account_store import get_member
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context


def show_caller(ctx: Context, principal: Principal) -> tuple[Tenant, Member | None]:
    """The tenant, and the account where a member asks."""
    tenant = get_tenant(ctx.records, principal.tenant)
    return tenant, get_member(ctx.records, principal.tenant, principal.id) if principal.kind == "member" else None
