"""After records were put back to an earlier moment: transfers that the records show as open, and whose key or bytes are gone, are ended.

    backup taken ---- recall: key and bytes destroyed, certified ---- records restored: the head says ``ready`` again
    settle: key or bytes are not there -> closed (audited, nobody is mailed) -> sweeper: absence listed, certified anew

What is gone was destroyed on purpose: by recall, expiry or a refusal that the restored records do not know any more. Wrapped keys and
bytes are never restored (decision 27), so they tell the truth. Nothing is destroyed here, and what is whole is left alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal

from chalicelib.domain.events import Event
from chalicelib.domain.transfer import REASONS, Reason, State, Transfer, TransferClass, expired
from chalicelib.ports.record_store import Record, RecordStore
from chalicelib.stores.blobs_store import iterate_blobs
from chalicelib.stores.index_store import all_pk, state_pk
from chalicelib.stores.tenant_store import TENANTS
from chalicelib.stores.transfer_store import get_transfers
from chalicelib.stores.wrapped_key_store import wrapped_key
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.closing import Closing, closing
from chalicelib.use_cases.write_groups import Group, write_groups

_MANY: Final = 100


@dataclass(frozen=True)
class Lost:
    """An open transfer of which something is gone: its ``key``, or ``bytes`` that its records call stored."""

    tenant: str
    transfer: str
    state: State
    missing: Literal["key", "bytes"]


def tenants_of(records: RecordStore) -> list[str]:
    """Every tenant of the store, in order."""
    return [record.key.sk for record in _all(records, TENANTS)]


def lost_transfers(ctx: Context, tenant: str) -> Iterator[Lost]:
    """Those of one tenant, by state and age. Reads alone: a listing of the bytes of each open transfer. Raises StoreAway."""
    for state in REASONS:
        # Read to the end first: ending one takes its line out of this list.
        ids = [record.key.sk.partition("#")[2] for record in _all(ctx.records, state_pk(all_pk(tenant), state))]
        for start in range(0, len(ids), _MANY):
            yield from _lost(ctx, get_transfers(ctx.records, tenant, ids[start : start + _MANY]))


def end_lost(ctx: Context, lost: Sequence[Lost]) -> set[str]:
    """End these; gives the ids that are ended now. One that somebody else changed meanwhile is left for the next look."""
    ended: set[str] = set()
    waiting = iter(lost)
    while some := list(islice(waiting, _MANY)):
        for tenant in dict.fromkeys(one.tenant for one in some):
            heads = get_transfers(ctx.records, tenant, [one.transfer for one in some if one.tenant == tenant])
            made = [_closing(ctx, head) for head in heads if head.state in REASONS]
            ended |= write_groups(ctx, [Group(one.head.id, one.operations, _told(one)) for one in made])
    return ended


def _lost(ctx: Context, heads: Sequence[Transfer]) -> Iterator[Lost]:
    managed = [head for head in heads if head.transfer_class is TransferClass.MANAGED]
    keys = ctx.wrapped_keys.get_many([wrapped_key(one.tenant, one.id) for one in managed]) if managed else []
    kept = {record.key.pk.rpartition("#")[2] for record in keys}
    for head in heads:
        if head.state not in REASONS:
            continue
        if head.transfer_class is TransferClass.MANAGED and head.id not in kept:
            yield Lost(head.tenant, head.id, head.state, "key")
        elif _lacks_bytes(ctx, head):
            yield Lost(head.tenant, head.id, head.state, "bytes")


def _lacks_bytes(ctx: Context, head: Transfer) -> bool:
    """Each stored blob leaves a line in the listing at least; what is still being sent may have none."""
    stored = sum(blob.stored_version is not None for blob in iterate_blobs(ctx.records, head))
    return stored > len(ctx.blobs.remaining(head.tenant, head.id)) if stored else False


def _closing(ctx: Context, head: Transfer) -> Closing:
    """Without mails: who had to know was told when it happened."""
    reason = Reason.EXPIRED if expired(head, ctx.clock.now_ms()) else Reason.REVOKED
    return closing(ctx, replace(head, notify=False), reason, actor="system")


def _told(made: Closing) -> tuple[Event, ...]:
    """The audit has to say that no sender recalled this."""
    return tuple(replace(event, data={**event.data, "restored": True}) for event in made.events)


def _all(records: RecordStore, pk: str) -> Iterator[Record]:
    cursor: str | None = None
    while True:
        page = records.query(pk, limit=1_000, cursor=cursor)
        yield from page.records
        cursor = page.cursor
        if cursor is None:
            return
