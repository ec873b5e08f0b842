"""``settle``: shows, and ends on demand, what restored records call open and what is gone (docs/operations/backup.md)."""

import json
from collections.abc import Callable, Sequence

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import tenant_id
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.settle_restored import end_lost, lost_transfers, tenants_of


def settle(ctx: Context, tenants: Sequence[str], *, end: int | None, write: Callable[[str], object]) -> int:
    """A line of JSON for each lost transfer of these tenants (of all where there are none), then one with the count; gives the exit code.

    ``end`` is the count that an earlier run showed: they are ended where there are exactly so many, and none otherwise (1). Ids alone are
    written. Raises NotFound, Refused("tenant_invalid") for a tenant that is none: a slip must not look like a store where all is well. Raises StoreAway.
    """
    asked = _checked(ctx, tenants) or tenants_of(ctx.records)
    lost = [one for tenant in asked for one in lost_transfers(ctx, tenant)]
    differs = end is not None and end != len(lost)
    ended = end_lost(ctx, lost) if end is not None and not differs else set()
    for one in lost:
        told = {"tenant": one.tenant, "transfer": one.transfer, "state": one.state, "missing": one.missing}
        write(json.dumps({**told, "ended": one.transfer in ended}) + "\n")
    write(json.dumps({"lost": len(lost), "ended": len(ended)}) + "\n")
    return 1 if differs or (end is not None and len(ended) < len(lost)) else 0


def _checked(ctx: Context, tenants: Sequence[str]) -> list[str]:
    """Each once, in the order given."""
    for tenant in tenants:
        try:
            get_tenant(ctx.records, tenant_id(tenant))
        except NotFound:
            raise NotFound(f"There is no tenant {tenant}.") from None
    return list(dict.fromkeys(tenants))
