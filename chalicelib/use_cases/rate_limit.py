"""Request rates, shared by every runtime and Lambda of an install: token buckets over the record store, lent in slices.

A bucket fills at its rate up to one minute's worth. A process borrows a slice of up to ``SLICE`` requests by one guarded write and
spends it in memory, so that a write is paid once in about twenty requests; what it has not spent after ``LEND_MS`` it forgets.

    process A: read v7 (40 left) --- write v8 (20 left), lends itself 20
    process B:        read v7 (40 left) ------------------- write fails, reads v8, writes v9 (0 left)

A bucket never goes below zero, so two processes can't spend more than it held. Where five tries in a row lose, the one request
passes: contention is then higher than any limit that matters. The buckets of one request are read together and written together.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chalicelib.domain.errors import Conflict, Refused, StoreFull
from chalicelib.ports.record_store import ABSENT, Key, Put, Record
from chalicelib.use_cases.context import Context

SLICE: Final = 20
LEND_MS: Final = 10_000
MINUTE: Final = 60_000
_TRIES: Final = 5
_KEPT: Final = 20_000


@dataclass
class _Lent:
    left: int
    until: int


@dataclass(frozen=True)
class Bucket:
    """A bucket's key and its rate in requests a minute."""

    key: Key
    per_minute: int


def tenant_bucket(tenant: str, per_minute: int) -> Bucket:
    """All requests of a tenant together."""
    return Bucket(Key(f"{tenant}#rate", "tenant"), per_minute)


def principal_bucket(tenant: str, principal: str, per_minute: int) -> Bucket:
    """One member, service account or guest."""
    return Bucket(Key(f"{tenant}#rate", f"principal#{principal}"), per_minute)


@lru_cache(maxsize=4096)
def caller_buckets(tenant: str, principal: str, per_minute: int) -> tuple[Bucket, ...]:
    """Both buckets of a signed-in caller. One's own is half the tenant's: one person's loop must not lock the others out."""
    return principal_bucket(tenant, principal, max(1, per_minute // 2)), tenant_bucket(tenant, per_minute)


def address_bucket(ctx: Context, address: str, per_minute: int) -> Bucket:
    """One client address, kept only as a keyed hash."""
    name = ctx.keys.mac(address.encode(), purpose="rate/address").hex()[:32]
    return Bucket(Key(f"lease#rate#{name[:2]}", name), per_minute)


class RateLimiter:
    """The slices lent to this process. Thread-safe; a lost update costs at most one slice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lent: OrderedDict[Key, _Lent] = OrderedDict()

    def spend(self, ctx: Context, *buckets: Bucket) -> None:
        """Take one request out of each bucket. Raises Refused("too_many_requests") with ``retry_after``."""
        now = ctx.clock.now_ms()
        empty = []
        with self._lock:
            for bucket in buckets:
                lent = self._lent.get(bucket.key)
                if lent is not None and lent.left > 0 and lent.until > now:
                    lent.left -= 1
                else:
                    empty.append(bucket)
        if not empty:
            return
        taken = _borrow(ctx, empty, now)
        with self._lock:
            for bucket, slice_taken in zip(empty, taken, strict=True):
                self._lent[bucket.key] = _Lent(slice_taken - 1, now + LEND_MS)
                self._lent.move_to_end(bucket.key)
            while len(self._lent) > _KEPT:
                self._lent.popitem(last=False)


def slice_of(per_minute: int) -> int:
    """How much is lent at once: 20, less for small buckets, and half a second's worth for large ones."""
    return max(1, min(SLICE, per_minute // 10), per_minute // 120)


def _borrow(ctx: Context, buckets: Sequence[Bucket], now: int) -> list[int]:
    """A slice of each, in one read and one write."""
    for _ in range(_TRIES):
        found = {record.key: record for record in ctx.records.get_many([bucket.key for bucket in buckets])}
        slices = [_slice(bucket, found, now) for bucket in buckets]
        try:
            ctx.records.transact([put for put, _ in slices])
        except Conflict:
            continue
        except StoreFull:
            break  # a database without room takes no write, and what only reads goes on
        return [taken for _, taken in slices]
    return [1] * len(buckets)


def _slice(bucket: Bucket, found: Mapping[Key, Record], now: int) -> tuple[Put, int]:
    """The write that takes a slice, and its size. Raises Refused("too_many_requests")."""
    record = found.get(bucket.key)
    # Thousandths of a request, so that slow buckets fill evenly.
    full = bucket.per_minute * 1000
    left = full
    if record is not None:
        filled = max(0, now - int(record.body["at"])) * bucket.per_minute * 1000 // MINUTE
        left = min(full, int(record.body["left"]) + filled)
    if left < 1000:
        wait_ms = -(-(1000 - left) * MINUTE // (bucket.per_minute * 1000))
        raise Refused(
            "too_many_requests", "The rate of requests is above the limit.", retry_after=max(1, -(-wait_ms // 1000))
        )
    taken = min(slice_of(bucket.per_minute), left // 1000)
    at = now if record is None else max(now, int(record.body["at"]))
    expect = ABSENT if record is None else record.version
    body = {"left": left - taken * 1000, "at": at}
    return Put(bucket.key, body, expect, purge_after=now + 10 * MINUTE), taken
