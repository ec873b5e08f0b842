"""Which web origins are ours: those of the tenants' own base addresses."""

from urllib.parse import urlsplit

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.stores.tenant_store import get_tenant, tenant_of_host
from chalicelib.use_cases.context import Context


def is_tenant_origin(ctx: Context, origin: str) -> bool:
    """Whether a tenant has this origin (``https://host[:port]``) as its base address. Raises StoreAway."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    try:
        tenant = get_tenant(ctx.records, tenant_of_host(ctx.records, parts.netloc))
    except NotFound:
        return False
    except Refused as refused:
        if refused.code != "host_unknown":
            raise
        return False
    return tenant.base_url == f"{parts.scheme}://{parts.netloc.lower()}"


def tenant_addresses(ctx: Context, host: str) -> tuple[str, str]:
    """The base address and the address of signed URLs of the tenant of a Host. Raises Refused("host_unknown"), StoreAway."""
    tenant = get_tenant(ctx.records, tenant_of_host(ctx.records, host))
    return tenant.base_url, tenant.blob_base_url
