"""Leases on named work: of all processes of an install one at a time runs a schedule, and another takes over when it dies.

    A: claim (v1, until 60 s) ---- renew (v2) ---- [killed]
    B:     refused        refused              ... 60 s later: claim (v3) -> A's late renew or release fails on its version

The guarded write decides, never the clock alone; work under a lease is idempotent all the same, for a paused process may believe in
a lease that has ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.domain.errors import Conflict
from chalicelib.ports.record_store import ABSENT, Key, Put
from chalicelib.use_cases.context import Context

LEASE_MS: Final = 60_000


@dataclass(frozen=True)
class Lease:
    """A held lease. ``version`` is that of its record; ``due`` the moment (ms) for which the work was claimed."""

    name: str
    holder: str
    version: int
    due: int


def claim(ctx: Context, name: str, *, holder: str, next_after: Callable[[int], int]) -> Lease | None:
    """The lease on ``name`` if it is free and due; ``next_after`` tells when it is due again after a start. None: held, or early."""
    now = ctx.clock.now_ms()
    record = ctx.records.get(_key(name))
    if record is not None and (record.body["until"] > now or record.body["next_at"] > now):
        return None
    expect = ABSENT if record is None else record.version
    # Due until it is released, so that work whose process dies is not put off to its next regular time.
    body = {"holder": holder, "until": now + LEASE_MS, "next_at": now}
    try:
        ctx.records.transact([Put(_key(name), body, expect)])
    except Conflict:
        return None
    return Lease(name, holder, 1 if record is None else record.version + 1, next_after(now))


def renew(ctx: Context, lease: Lease) -> Lease:
    """The same lease for another minute. Raises Conflict when it is lost."""
    now = ctx.clock.now_ms()
    return _write(ctx, lease, until=now + LEASE_MS, next_at=now)


def release(ctx: Context, lease: Lease) -> None:
    """Give it back; the work is due again at ``due``. A lost lease is no error: its next holder has it already."""
    try:
        _write(ctx, lease, until=0, next_at=lease.due)
    except Conflict:
        return


def _write(ctx: Context, lease: Lease, *, until: int, next_at: int) -> Lease:
    body = {"holder": lease.holder, "until": until, "next_at": next_at}
    ctx.records.transact([Put(_key(lease.name), body, lease.version)])
    return replace(lease, version=lease.version + 1)


def _key(name: str) -> Key:
    return Key(f"lease#{name}", "lease")
