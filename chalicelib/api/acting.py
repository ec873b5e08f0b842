"""Requests that come before any sign-in act for a tenant too, as soon as they say which: by the host that was asked, or by what they hold.

A bearer value of ours (link, refresh token, invitation, device code, state) is ``<tenant>.<secret>``, and looks itself up among that tenant's
records alone. So naming another tenant there gains nothing: the secret is not found. Nothing else that is sent chooses a tenant.
"""

from collections.abc import Callable

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.link import split_token
from chalicelib.stores.tenant_store import tenant_of_host
from chalicelib.use_cases.acting_tenant import act_for
from chalicelib.use_cases.context import Context

Ports = Callable[[], Context]


def act_by_host(context: Ports, host: str) -> TenantId:
    """The rest of the request acts for the tenant of this host, which is given back. Raises Refused("host_unknown")."""
    tenant = tenant_of_host(context().records, host)
    act_for(tenant)
    return tenant


def act_by_token(context: Ports, token: str, *, unknown: Callable[[], Refused] = NotFound) -> Context:
    """The rest of the request acts for the tenant that a bearer value names; gives its ports.

    Raises ``unknown()`` for a malformed value, and for a tenant that is not there: both answer as a secret that is not found does.
    """
    try:
        tenant, _ = split_token(token)
    except NotFound:
        raise unknown() from None
    return act_as(context, tenant, unknown=unknown)


def act_as(context: Ports, tenant: str, *, unknown: Callable[[], Refused]) -> Context:
    """The rest of the request acts for this tenant; gives its ports. Raises ``unknown()`` where there is no such tenant."""
    act_for(tenant)
    try:
        return context()
    except NotFound:
        raise unknown() from None
