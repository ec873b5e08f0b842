"""Tenants as an operator makes and changes them."""

from chalicelib.bootstrap import LazyContext
from chalicelib.domain.tenant import Tenant, with_settings
from chalicelib.ports.record_store import ANY
from chalicelib.stores.tenant_store import get_tenant, put_ops
from chalicelib.use_cases.accounts.bootstrap_admin import bootstrap_admin
from chalicelib.use_cases.accounts.create_tenant import create_tenant


def change_tenant(ctx: LazyContext, tenant: str, **changes: object) -> Tenant:
    """Change settings as an operator would."""
    found = get_tenant(ctx.records, tenant)
    changed = with_settings(found, **changes)
    ctx.records.transact(put_ops(changed, expect=ANY, former=found))
    return changed


def add_tenant(ctx: LazyContext, tenant: str, *, base: str, blobs: str, admin: str) -> str:
    """A tenant with its first admin; gives the password. Its rate is high, for tests send much."""
    made = create_tenant(
        ctx,
        tenant_id=tenant,
        name=tenant.title(),
        base_url=base,
        blob_base_url=blobs,
        sender_address=f"box@{tenant}.example",
        language="en",
    )
    password = bootstrap_admin(ctx, made, email=admin, name="First Admin")
    change_tenant(ctx, tenant, requests_per_minute=1_000_000)
    return password
