"""Check a completed transfer: malware gate, policy, then the next state.

    worker A: checking v3 ---- scans ---- held v4 (with events)
    worker B: checking v3 -------- scans ---- Conflict -> reads v4: no longer checking, nothing to do

A large transfer is scanned under a lease: reading it may take longer than the bus leases an event, and a second worker would read all of
it again. It gives the event back (StoreAway) and finds the work done later. A repeated event finds the state moved on and does nothing. A scanner or store that is away raises StoreAway: the state stays.
"""

from collections.abc import Callable
from typing import Final

from chalicelib.domain.errors import NotFound, StoreAway
from chalicelib.domain.policy import judge
from chalicelib.domain.transfer import State, Transfer, expired
from chalicelib.domain.verdicts import after_check, decide, overall_scan
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.clearing.heartbeat import Heartbeat
from chalicelib.use_cases.clearing.hold_transfer import decided_writes
from chalicelib.use_cases.clearing.scan_files import BROKEN, scan_files
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.leases import claim

LARGE: Final = 256 * 1024 * 1024


def check_transfer(ctx: Context, tenant: str, transfer: str) -> None:
    """Scan and decide, once. Raises StoreAway where scanner or store do not answer."""
    head = _checking(ctx, tenant, transfer)
    if head is None:
        return
    kinds = _scan_alone(ctx, head) if head.bytes >= LARGE else _scan(ctx, head, alive=lambda: None)
    until_written(lambda: _decide(ctx, tenant, transfer, kinds))


def _scan(ctx: Context, head: Transfer, *, alive: Callable[[], None]) -> set[str]:
    return until_written(lambda: scan_files(ctx, head, alive=alive))


def _scan_alone(ctx: Context, head: Transfer) -> set[str]:
    name = f"check/{head.id}"
    lease = claim(ctx, name, holder=ctx.ids.random(8).hex(), next_after=lambda now: now)
    if lease is None:
        raise StoreAway("Another worker is checking this transfer.", retry_after=30)
    held = Heartbeat(ctx, lease)
    try:
        return _scan(ctx, head, alive=held.beat)
    finally:
        held.end()


def _checking(ctx: Context, tenant: str, transfer: str) -> Transfer | None:
    try:
        head = get_transfer(ctx.records, tenant, transfer)
    except NotFound:
        return None
    waiting = head.state is State.CHECKING and not expired(head, ctx.clock.now_ms())
    return head if waiting else None


def _decide(ctx: Context, tenant: str, transfer: str, kinds: set[str]) -> None:
    head = _checking(ctx, tenant, transfer)
    if head is None:
        return
    scan = overall_scan("unscannable" if kind == BROKEN else kind for kind in kinds)
    rule = judge(get_tenant(ctx.records, tenant), head, scan)
    decision = decide(scan, rule, sound=BROKEN not in kinds)
    after = after_check(head, scan, decision, now=ctx.clock.now_ms())
    operations, events = decided_writes(ctx, head, after, actor="system")
    checked = make_event(
        ctx,
        type="transfer.checked.v1",
        tenant=tenant,
        subject=transfer,
        sequence=head.version + 1,
        actor="system",
        data={"scan": str(scan), "decision": decision},
    )
    ctx.records.transact(operations, [checked, *events])
