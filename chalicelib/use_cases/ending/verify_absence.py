"""Destroy the bytes and look whether they are gone: the only witness is a fresh listing, never that a call succeeded."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Final

from chalicelib.domain.certificate import require_absent
from chalicelib.domain.errors import Refused
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.record_store import ANY, Delete
from chalicelib.stores.wrapped_key_store import wrapped_key
from chalicelib.use_cases.context import Context

THREADS: Final = 8
_MANY: Final = 100


def destroy_bytes(ctx: Context, heads: Sequence[Transfer]) -> list[Transfer]:
    """Delete wrapped keys and bytes; gives those that a listing made afterwards shows to be gone.

    A transfer whose store is away, or that left something behind, is missing in the answer: its due item brings it again.
    """
    _destroy_keys(ctx, heads)
    bundles = _bundles(heads)
    with ThreadPoolExecutor(max_workers=min(THREADS, max(1, len(bundles)))) as threads:
        left = dict(chain.from_iterable(threads.map(partial(_left_after_destroying, ctx), bundles)))
    keys_left = _keys_left(ctx, heads)
    return [head for head in heads if _absent(left[head.id], head.id in keys_left)]


def verify_absence(ctx: Context, head: Transfer) -> None:
    """Raises Refused("not_yet_absent") unless neither an object nor the wrapped key is there."""
    require_absent(len(ctx.blobs.remaining(head.tenant, head.id)), len(_keys_left(ctx, [head])))


def _destroy_keys(ctx: Context, heads: Sequence[Transfer]) -> None:
    deletes = [Delete(wrapped_key(one.tenant, one.id), ANY) for one in _managed(heads)]
    for start in range(0, len(deletes), _MANY):
        ctx.wrapped_keys.transact(deletes[start : start + _MANY])


def _bundles(heads: Sequence[Transfer]) -> list[list[Transfer]]:
    """Those of a tenant together, as few as keep every thread busy: each bundle costs one sync to disk."""
    size = -(-len(heads) // THREADS) or 1
    by_tenant: dict[str, list[Transfer]] = {}
    for head in heads:
        by_tenant.setdefault(head.tenant, []).append(head)
    return [of[start : start + size] for of in by_tenant.values() for start in range(0, len(of), size)]


def _left_after_destroying(ctx: Context, bundle: Sequence[Transfer]) -> list[tuple[str, int | None]]:
    """Transfer -> how much is left of it; None where the store could not say."""
    try:
        ctx.blobs.destroy_all(bundle[0].tenant, [head.id for head in bundle])
    except Refused:
        if len(bundle) > 1:  # one of them is at fault; the others go
            return [one for head in bundle for one in _left_after_destroying(ctx, [head])]
    return [(head.id, _left(ctx, head)) for head in bundle]


def _left(ctx: Context, head: Transfer) -> int | None:
    try:
        return len(ctx.blobs.remaining(head.tenant, head.id))
    except Refused:
        return None


def _keys_left(ctx: Context, heads: Sequence[Transfer]) -> set[str]:
    keys = [wrapped_key(one.tenant, one.id) for one in _managed(heads)]
    found: set[str] = set()
    for start in range(0, len(keys), _MANY):
        found |= {record.key.pk.rpartition("#")[2] for record in ctx.wrapped_keys.get_many(keys[start : start + _MANY])}
    return found


def _managed(heads: Sequence[Transfer]) -> list[Transfer]:
    return [one for one in heads if one.transfer_class is TransferClass.MANAGED]


def _absent(left: int | None, key_left: bool) -> bool:  # noqa: FBT001
    try:
        require_absent(1 if left is None else left, int(key_left))
    except Refused:
        return False
    return True
