"""Everything that lies in the partitions of some transfers, read once: what is stated of them and what is erased comes from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Key, Record
from chalicelib.stores.keys import aggregate_pk
from chalicelib.stores.link_store import link_key
from chalicelib.stores.recipients_store import state_from
from chalicelib.use_cases.context import Context

_MANY: Final = 100


@dataclass(frozen=True)
class Traces:
    """``records`` of one transfer's partition in order of their keys, and its recipients' ``links`` by key."""

    records: tuple[Record, ...]
    links: tuple[Record, ...] = ()


def read_traces(ctx: Context, heads: Sequence[Transfer]) -> Mapping[str, Traces]:
    """By transfer. At most some 20 MB for one of 10,000 files, and a few kilobytes for the usual one."""
    partitions = {head.id: partition(ctx, head.tenant, head.id) for head in heads}
    keys = {head.id: _link_keys(head.tenant, partitions[head.id]) for head in heads}
    every = [key for of_one in keys.values() for key in of_one]
    links: dict[Key, Record] = {}
    for start in range(0, len(every), _MANY):
        links |= {record.key: record for record in ctx.records.get_many(every[start : start + _MANY])}
    return {
        head.id: Traces(partitions[head.id], tuple(links[key] for key in keys[head.id] if key in links))
        for head in heads
    }


def partition(ctx: Context, tenant: str, transfer: str, *, prefix: str = "") -> tuple[Record, ...]:
    """The records of a transfer whose sort key begins with ``prefix``."""
    found: list[Record] = []
    cursor: str | None = None
    while True:
        page = ctx.records.query(aggregate_pk(tenant, transfer), prefix=prefix, limit=_MANY, cursor=cursor)
        found += page.records
        cursor = page.cursor
        if cursor is None:
            return tuple(found)


def _link_keys(tenant: str, records: Sequence[Record]) -> list[Key]:
    states = [state_from(record) for record in records if record.key.sk.startswith("rcp#")]
    return [link_key(tenant, state.link) for state in states if state.link is not None]
