"""A held transfer becomes ready when its hold is over: one write, and an event that brings the invitations.

sweeper: head held v5 ---- ready v6 (with event) ---- worker: invite_recipients
sender:  head held v5 -------- recall: Conflict -> reads v6: recalls what is ready
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.events import Event
from chalicelib.domain.reminder import reminder_at
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import State, Transfer, expired, move
from chalicelib.domain.verdicts import hold_over
from chalicelib.ports.record_store import Operation
from chalicelib.stores.due_store import DueItem, due_delete, due_put
from chalicelib.stores.index_store import state_lines
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer, transfer_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.telling.sender_mail import owner_mail


@dataclass(frozen=True)
class ReadyWrites:
    """What goes beside the head when a transfer becomes ready."""

    operations: tuple[Operation, ...]
    events: tuple[Event, ...]


def make_ready(ctx: Context, tenant: str, transfer: str, *, item: DueItem | None = None) -> None:
    """Release a transfer whose hold is over; anything else is left as it is. ``item`` is the due item that led here; it goes."""
    until_written(lambda: _make_ready(ctx, tenant, transfer, item))


def _make_ready(ctx: Context, tenant: str, transfer: str, item: DueItem | None) -> None:
    operations: list[Operation] = [] if item is None else [due_delete(item)]
    try:
        head = get_transfer(ctx.records, tenant, transfer)
    except NotFound:
        head = None
    now = ctx.clock.now_ms()
    if head is None or not hold_over(head, now=now) or expired(head, now):
        if head is not None and head.state is State.HELD and not expired(head, now):
            operations += [due_put(_hold_item(head))]
        if operations:
            ctx.records.transact(list({operation.key: operation for operation in operations}.values()))
        return
    ready = move(head, State.READY, now=now)
    beside = ready_writes(ctx, ready, actor="system")
    lines = state_lines(head, ready)
    ctx.records.transact([transfer_put(ready), *lines, *operations, *beside.operations], beside.events)


def _hold_item(head: Transfer) -> DueItem:
    return DueItem(head.tenant, head.id, "hold", head.hold_until or 0)


def hold_writes(ctx: Context, held: Transfer, *, actor: str) -> ReadyWrites:
    """Due item and event of a transfer that was just held; ``held`` still has the version it was read with."""
    event = make_event(
        ctx,
        type="transfer.held.v1",
        tenant=held.tenant,
        subject=held.id,
        sequence=held.version + 1,
        actor=actor,
        data={"until": rfc3339(held.hold_until or 0)},
    )
    return ReadyWrites((due_put(_hold_item(held)),), (event,))


def ready_writes(ctx: Context, ready: Transfer, *, actor: str) -> ReadyWrites:
    """Reminder and events of a transfer that becomes ready; ``ready`` still has the version it was read with."""
    operations: list[Operation] = []
    remind = reminder_at(ready.ready_at or 0, ready.expires_at)
    if remind is not None and ready.notify and not ready.request:
        operations.append(due_put(DueItem(ready.tenant, ready.id, "expiring", remind)))
    event = make_event(
        ctx,
        type="transfer.ready.v1",
        tenant=ready.tenant,
        subject=ready.id,
        sequence=ready.version + 1,
        actor=actor,
        data={
            "class": str(ready.transfer_class),
            "files": ready.files,
            "bytes": ready.bytes,
            "recipients": ready.recipients,
            "expires_at": rfc3339(ready.expires_at),
        },
    )
    received = [_received(ctx, ready, ready.request)] if ready.request else []
    return ReadyWrites(tuple(operations), (event, *received))


def _received(ctx: Context, ready: Transfer, request: str) -> Event:
    """Tell the member who asked that files came in."""
    owner = owner_mail(ctx, get_tenant(ctx.records, ready.tenant), ready)
    notify: dict[str, Any] = {
        "to": owner.to,
        "name": owner.name,
        "language": owner.language,
        "who": ready.sender_name or ready.sender_address,
        "title": ready.title,
        "files": ready.files,
        "bytes": ready.bytes,
    }
    return make_event(
        ctx,
        type="request.received.v1",
        tenant=ready.tenant,
        subject=request,
        sequence=ready.version + 1,
        actor=ready.uploader or "system",
        data={"transfer": ready.id, "files": ready.files, "bytes": ready.bytes},
        notify=notify if owner.to else None,
    )
