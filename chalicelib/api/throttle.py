"""Rates at the door: per tenant and principal behind sign-in, per client address on public routes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice.app import Request

from chalicelib.domain.errors import StoreAway
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.rate_limit import Bucket, RateLimiter, address_bucket, principal_bucket, tenant_bucket
from chalicelib.use_cases.request_rates import tenant_rate

_limiter: Final = RateLimiter()


def throttle(ports: Callable[[], Context], request: Request, *, address_rate: int) -> None:
    """Raises Refused("too_many_requests"). A store that is away limits nobody: the request itself will say so."""
    context: Mapping[str, Any] = request.context
    try:
        ctx = ports()
        for bucket in _buckets(ctx, context, address_rate):
            _limiter.spend(ctx, bucket)
    except StoreAway:
        return


def _buckets(ctx: Context, context: Mapping[str, Any], address_rate: int) -> list[Bucket]:
    authorizer = context.get("authorizer") or {}
    tenant, principal = authorizer.get("tenant"), authorizer.get("id")
    if tenant and principal:
        rate = tenant_rate(ctx, tenant)
        # One person's loop must not lock the others of the tenant out.
        return [principal_bucket(tenant, principal, max(1, rate // 2)), tenant_bucket(tenant, rate)]
    address = (context.get("identity") or {}).get("sourceIp")
    return [address_bucket(ctx, address, address_rate)] if address else []


def throttle_address(ctx: Context, address: str, *, per_minute: int) -> None:
    """Count one failed sign-in of an address: guessing tokens must not be cheaper than using one. Raises like ``throttle``."""
    try:
        _limiter.spend(ctx, address_bucket(ctx, address, per_minute))
    except StoreAway:
        return
