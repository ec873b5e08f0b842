"""Rates at the door: per tenant and principal behind sign-in, per client address on public routes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chalice.app import Request

from chalicelib.domain.errors import StoreAway
from chalicelib.domain.networks import network_of
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.rate_limit import Bucket, RateLimiter, address_bucket, caller_buckets
from chalicelib.use_cases.request_rates import tenant_rate

_limiter: Final = RateLimiter()


def throttle(ports: Callable[[], Context], request: Request, *, address_rate: int) -> None:
    """Raises Refused("too_many_requests"). A store that is away limits nobody: the request itself will say so."""
    context: Mapping[str, Any] = request.context
    try:
        ctx = ports()
        _limiter.spend(ctx, *_buckets(ctx, context, address_rate))
    except StoreAway:
        return


def _buckets(ctx: Context, context: Mapping[str, Any], address_rate: int) -> Sequence[Bucket]:
    authorizer = context.get("authorizer") or {}
    tenant, principal = authorizer.get("tenant"), authorizer.get("id")
    if tenant and principal:
        return caller_buckets(tenant, principal, tenant_rate(ctx, tenant))
    address = (context.get("identity") or {}).get("sourceIp")
    return [_bucket_of(ctx, address, address_rate)] if address else []


def throttle_address(ctx: Context, address: str, *, per_minute: int) -> None:
    """Count one failed sign-in of an address: guessing tokens must not be cheaper than using one. Raises like ``throttle``."""
    try:
        _limiter.spend(ctx, _bucket_of(ctx, address, per_minute))
    except StoreAway:
        return


def _bucket_of(ctx: Context, address: str, per_minute: int) -> Bucket:
    """Of the network: with IPv6 every household has 2**64 addresses, and each would be a bucket of its own."""
    return address_bucket(ctx, network_of(address), per_minute)
