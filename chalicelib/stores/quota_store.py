"""Quota counters: ``<tenant>#quota`` / ``bytes#<shard>`` and ``day#<day>#<shard>``; a transfer's shard is fixed by its id."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from chalicelib.domain.quota import SHARDS
from chalicelib.domain.tenant import DAY
from chalicelib.ports.record_store import Key, Put, Record, RecordStore
from chalicelib.stores.keys import expectation


@dataclass(frozen=True)
class Usage:
    """Sums over all shards, and the two records of one transfer's shard (value, version)."""

    bytes: int
    transfers: int
    bytes_shard: tuple[int, int]
    day_shard: tuple[int, int]


def get_usage(records: RecordStore, tenant: str, transfer: str, day: str) -> Usage:
    """One read of 16 small records."""
    shard = _shard(transfer)
    bytes_keys = [_bytes_key(tenant, n) for n in range(SHARDS)]
    day_keys = [_day_key(tenant, day, n) for n in range(SHARDS)]
    found = {record.key: record for record in records.get_many([*bytes_keys, *day_keys])}
    return Usage(
        bytes=sum(_value(found.get(key))[0] for key in bytes_keys),
        transfers=sum(_value(found.get(key))[0] for key in day_keys),
        bytes_shard=_value(found.get(bytes_keys[shard])),
        day_shard=_value(found.get(day_keys[shard])),
    )


def day_put(tenant: str, transfer: str, day: str, usage: Usage, now: int) -> Put:
    """One transfer more today, against the value that was read; the counter goes three days later."""
    value, version = usage.day_shard
    return Put(
        _day_key(tenant, day, _shard(transfer)), {"n": value + 1}, expectation(version), purge_after=now + 3 * DAY
    )


def bytes_put(tenant: str, transfer: str, usage: Usage, more: int) -> Put:
    """So many bytes more, against the value that was read."""
    value, version = usage.bytes_shard
    return Put(_bytes_key(tenant, _shard(transfer)), {"n": value + more}, expectation(version))


def release_puts(records: RecordStore, held: Sequence[tuple[str, str, int]]) -> list[Put]:
    """Give back what up to 100 transfers held (``Transfer.stored_bytes``), each as (tenant, transfer, bytes): one write a counter.

    It goes into the very transaction that ends them, so that nothing is given back twice.
    """
    sums: dict[Key, int] = {}
    for tenant, transfer, size in held:
        key = _bytes_key(tenant, _shard(transfer))
        sums[key] = sums.get(key, 0) + size
    found = {record.key: record for record in records.get_many(list(sums))} if sums else {}
    return [
        Put(key, {"n": max(0, _value(found.get(key))[0] - size)}, expectation(_value(found.get(key))[1]))
        for key, size in sums.items()
    ]


def _value(record: Record | None) -> tuple[int, int]:
    return (0, 0) if record is None else (record.body["n"], record.version)


def _shard(transfer: str) -> int:
    return crc32(transfer.encode()) % SHARDS


def _bytes_key(tenant: str, shard: int) -> Key:
    return Key(f"{tenant}#quota", f"bytes#{shard:02d}")


def _day_key(tenant: str, day: str, shard: int) -> Key:
    return Key(f"{tenant}#quota", f"day#{day}#{shard:02d}")
