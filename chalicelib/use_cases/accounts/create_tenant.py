"""A new tenant with its host name. Only the operator's own command does this; no route leads here."""

from typing import Literal

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.ids import tenant_id as checked_tenant_id
from chalicelib.domain.recipients import checked_address
from chalicelib.domain.tenant import Tenant, checked_base_url
from chalicelib.ports.record_store import ABSENT
from chalicelib.stores.tenant_store import get_tenant, put_ops
from chalicelib.use_cases.context import Context


def create_tenant(
    ctx: Context,
    *,
    tenant_id: str,
    name: str,
    base_url: str,
    blob_base_url: str,
    sender_address: str,
    language: Literal["ja", "en"],
) -> Tenant:
    """The tenant as stored. Raises Refused("tenant_exists") where its id or its host name is taken, and the checks' own refusals."""
    tenant = Tenant(
        id=checked_tenant_id(tenant_id),
        name=name,
        base_url=checked_base_url(base_url),
        blob_base_url=checked_base_url(blob_base_url),
        sender_address=checked_address(sender_address),
        language=language,
    )
    try:
        ctx.records.transact(put_ops(tenant, expect=ABSENT))
    except Conflict:
        raise Refused("tenant_exists", "This tenant or its host name exists already.") from None
    return get_tenant(ctx.records, tenant.id)
