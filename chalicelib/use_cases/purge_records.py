"""Remove records that outlived their use, and with them the traces that deleting leaves in a database's files.

A store with a TTL of its own (DynamoDB) does this by itself and gives 0. Sessions, idempotency records and links pile up otherwise.
"""

from typing import Final

from chalicelib.use_cases.context import Context

BATCH: Final = 500
BATCHES: Final = 20


def purge_records(ctx: Context) -> int:
    """Up to 10,000 records of each store, in batches; gives how many went. The next minute does the rest."""
    return sum(_purge(ctx, store) for store in ("records", "wrapped_keys"))


def _purge(ctx: Context, store: str) -> int:
    records = ctx.records if store == "records" else ctx.wrapped_keys
    gone = 0
    for _ in range(BATCHES):
        batch = records.purge(ctx.clock.now_ms(), BATCH)
        gone += batch
        if batch < BATCH:
            break
    return gone
