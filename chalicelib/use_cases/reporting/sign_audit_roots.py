"""Sign the chain's present end, every hour in which something happened: what was written before can't be changed unseen from then on.

    mark v, head s ---- check blocks from the last root to s ---- [root s ABSENT, mark v removed, audit.rooted] ----
    a block meanwhile:                                mark v -> v+1: Conflict, both are read anew

Blocks are checked before they are signed: a root never vouches for a chain that does not hold. The event of a root is an entry too, but
a block of nothing else asks for no further root.
"""

import logging
from functools import partial
from itertools import chain
from typing import Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event
from chalicelib.domain.quota import day_of
from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.record_store import Operation
from chalicelib.stores.audit_store import (
    Root,
    due_tenants,
    due_unmark,
    due_version,
    get_audit_head,
    list_roots,
    root_put,
)
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.key_statement import proof_signer, stated_key
from chalicelib.use_cases.reporting.check_audit import audit_broken, require_end, run_of_blocks
from fumibako_format.errors import FormatError
from fumibako_format.proofs import AuditChain, check_audit_chain, sign_audit_root

BLOCKS: Final = 2_000  # checked for one root: seconds, whatever piled up
ROUNDS: Final = 20
_log = logging.getLogger("fumibako.reporting")


def sign_audit_roots(ctx: Context) -> int:
    """Sign what waits of every tenant; gives how many roots. One tenant's trouble holds up no other, and is logged as an error."""
    signed = 0
    for tenant in list(due_tenants(ctx.records, "audit-roots")):
        try:
            for _ in range(ROUNDS):
                if not until_written(partial(_sign, ctx, tenant)):
                    break
                signed += 1
        except Exception as error:  # noqa: BLE001  whatever it is, the next tenant gets its root
            code = error.code if isinstance(error, Refused) else type(error).__name__
            _log.error("audit root not signed", extra={"code": code})
    return signed


def _sign(ctx: Context, tenant: str) -> bool:
    """Whether there was something to sign."""
    marked = due_version(ctx.records, "audit-roots", tenant)
    head = get_audit_head(ctx.records, tenant)
    newest, _ = list_roots(ctx.records, tenant, limit=1, cursor=None)
    before = newest[0] if newest else None
    signed_through = before.sequence if before else 0
    if marked is None or head.sequence == signed_through:
        return False
    blocks = _checked(ctx, tenant, before, min(signed_through + BLOCKS, head.sequence))
    require_end(blocks, head)
    root = _root(ctx, blocks)
    writes: list[Operation] = [root_put(tenant, root)]
    if blocks.last == head.sequence:
        writes.append(due_unmark("audit-roots", tenant, marked))
    ctx.records.transact(writes, [_event(ctx, tenant, root, blocks.last - signed_through)])
    return True


def _checked(ctx: Context, tenant: str, before: Root | None, last: int) -> AuditChain:
    first = 1 if before is None else before.sequence + 1
    blocks = run_of_blocks(ctx, tenant, first, last)
    opening = next(blocks)
    if before is not None and opening.get("previous") != before.hash:
        raise audit_broken(f"Audit block {first} does not follow the block that was signed.")
    try:
        return check_audit_chain(chain([opening], blocks))
    except FormatError as error:
        raise audit_broken(str(error)) from error


def _root(ctx: Context, blocks: AuditChain) -> Root:
    statement = stated_key(ctx, blocks.tenant)
    now = ctx.clock.now_ms()  # after the statement: a new one is valid from the moment it is made
    document = sign_audit_root(blocks, key_statement=statement, signed_at=rfc3339(now), sign=proof_signer(ctx))
    return Root(blocks.last, day_of(now), blocks.last_hash, now, document)


def _event(ctx: Context, tenant: str, root: Root, blocks: int) -> Event:
    return make_event(
        ctx,
        type="audit.rooted.v1",
        tenant=tenant,
        subject=tenant,
        sequence=root.sequence,
        actor="system",
        data={"day": root.day, "root": root.hash, "blocks": blocks},
    )
