"""How many requests a minute a tenant may send: its own setting, looked up at most every ten seconds in each process."""

import threading
from typing import Final

from chalicelib.domain.errors import NotFound
from chalicelib.domain.tenant import Tenant
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context

DEFAULT_RATE: Final = Tenant.requests_per_minute
KEEP_MS: Final = 10_000

_lock = threading.Lock()
_known: dict[str, tuple[int, int]] = {}


def tenant_rate(ctx: Context, tenant: str) -> int:
    """Requests a minute. A tenant that can't be found has the default: its requests fail elsewhere, and with a better answer."""
    now = ctx.clock.now_ms()
    rate, until = _known.get(tenant, (0, 0))
    if until > now:
        return rate
    rate = _stored_rate(ctx, tenant)
    with _lock:
        if len(_known) > 10_000:
            _known.clear()
        _known[tenant] = (rate, now + KEEP_MS)
    return rate


def _stored_rate(ctx: Context, tenant: str) -> int:
    try:
        return get_tenant(ctx.records, tenant).requests_per_minute
    except NotFound:
        return DEFAULT_RATE
