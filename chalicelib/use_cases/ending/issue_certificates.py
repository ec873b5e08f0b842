"""Sign what waits to be certified, in Merkle batches: one signature for up to 1,000 statements of one tenant.

    batch record written ---- certificates 1..45 ---- [killed] .... next run: the rest is still waiting and goes into a new batch

The batch's record comes first, so no certificate ever names a batch that is not there. A batch that signed more statements than were
kept of it is no harm: every one of them is true.
"""

from itertools import islice, takewhile
from typing import Any, Final

from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.record_store import MAX_OPERATIONS
from chalicelib.stores.certificate_store import (
    SHARDS,
    Waiting,
    certificate_ops,
    list_waiting,
    put_batch,
)
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.deletion_statement import statement_again
from chalicelib.use_cases.key_statement import proof_signer, stated_key
from fumibako_format.proofs import sign_batch

BATCH: Final = 1_000
PER_TRANSACTION: Final = 45  # certificates, where 100 operations are one
LONG_ONES: Final = 16  # statements that were too long to keep: up to 1.3 MB each while the batch is signed


def issue_certificates(ctx: Context, *, batches: int = 400) -> int:
    """Sign up to ``batches`` batches; gives how many certificates were written."""
    written = 0
    for shard in range(SHARDS):
        for _ in range(batches):
            waiting = _one_batch(list_waiting(ctx.records, shard, BATCH))
            if not waiting:
                break
            _sign(ctx, waiting)
            written += len(waiting)
    return written


def _one_batch(found: list[Waiting]) -> list[Waiting]:
    """Those of the first tenant, with a bounded number of long ones."""
    chosen: list[Waiting] = []
    long_ones = 0
    for waiting in takewhile(lambda one: one.tenant == found[0].tenant, found):
        long_ones += waiting.statement is None
        if long_ones > LONG_ONES:
            break
        chosen.append(waiting)
    return chosen


def _sign(ctx: Context, waiting: list[Waiting]) -> None:
    tenant = waiting[0].tenant
    statement = stated_key(ctx, tenant)
    documents = sign_batch(
        [one.statement or statement_again(ctx, one.tenant, one.transfer) for one in waiting],
        key_statement=statement,
        signed_at=rfc3339(ctx.clock.now_ms()),
        sign=proof_signer(ctx),
    )
    batch = ctx.ids.new("ct")
    ctx.records.transact([put_batch(tenant, batch, signed=documents[0]["batch"], key_statement=statement)])
    pairs = iter(zip(waiting, documents, strict=True))
    while chunk := list(islice(pairs, PER_TRANSACTION * ctx.records.batch // MAX_OPERATIONS)):
        ctx.records.transact_batch(
            [op for one, document in chunk for op in certificate_ops(one, _proof(document), batch)]
        )


def _proof(document: dict[str, Any]) -> dict[str, Any]:
    proof: dict[str, Any] = document["proof"]
    return proof
