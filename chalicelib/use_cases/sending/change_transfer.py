"""Change a transfer that is on its way (spec/api.md, PATCH): its end, its limit of downloads, further recipients, send now.

read head, compare If-Match --> decide --> [ head + pages + due items + events ]
Somebody else writes between: Conflict --> read again: If-Match no longer holds --> version_changed, nothing changed.
Only writes that no person made (part URLs, counts) would let the second try pass; they change the version too, and are refused alike.
"""

from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.findings import Findings
from chalicelib.domain.limits import checked_downloads, expiry_of, require_version
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.reminder import reminder_at
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import State, Transfer, effective, move
from chalicelib.domain.transfer_access import require_owner
from chalicelib.ports.record_store import Operation
from chalicelib.stores.due_store import DueItem, due_delete, due_put
from chalicelib.stores.index_store import state_lines
from chalicelib.stores.recipients_store import get_recipients, recipient_puts
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer, transfer_put, written
from chalicelib.use_cases.clearing.make_ready import ready_writes
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.sending.check_recipients import check_recipients
from chalicelib.use_cases.sending.create_command import RecipientSpec

_OVER = (State.CLOSED, State.DESTROYING, State.DESTROYED)


@dataclass(frozen=True)
class ChangeTransfer:
    """``version`` is what If-Match names. Nothing given: nothing changes."""

    version: int
    expires_at: int | None = None
    expires_in_minutes: int | None = None
    max_downloads: int | None = None
    add_recipients: tuple[RecipientSpec, ...] = ()
    send_now: bool = False


@dataclass
class _Change:
    """Gathers one transaction; ``head`` still has the version it was read with. ``expires_at`` is the new end, where one was given."""

    ctx: Context
    principal: Principal
    tenant: Tenant
    head: Transfer
    operations: list[Operation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    expires_at: int | None = None

    def tell(self, type: str, **data: object) -> None:  # noqa: A002 - the word of CloudEvents
        """Record an event of this change."""
        self.events.append(
            make_event(
                self.ctx,
                type=type,
                tenant=self.head.tenant,
                subject=self.head.id,
                sequence=self.head.version + 1,
                actor=self.principal.id,
                data=data,
            )
        )


def change_transfer(ctx: Context, principal: Principal, transfer: str, command: ChangeTransfer) -> Transfer:
    """The changed head. Raises NotFound, Refused("version_changed"), ("gone"), ("state_wrong"), and each field's own refusals, all at once."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    require_owner(head, principal)
    require_version(command.version, head.version)
    if effective(head, ctx.clock.now_ms()).state in _OVER:
        raise Refused("gone", "This transfer is no longer here.")
    change = _Change(ctx, principal, get_tenant(ctx.records, head.tenant), head)
    added = _checked(change, command)
    _extend(change)
    if command.max_downloads is not None:
        change.head = replace(change.head, max_downloads=command.max_downloads)
    _add(change, added)
    if command.send_now:
        _send_now(change)
    if change.head == head:
        return head
    try:
        ctx.records.transact([transfer_put(change.head), *change.operations], change.events)
    except Conflict:
        raise Refused("version_changed", "This was changed since you read it.") from None
    return written(change.head)


def _checked(change: _Change, command: ChangeTransfer) -> tuple[RecipientEntry, ...]:
    findings = Findings()
    head, ctx = change.head, change.ctx
    added: tuple[RecipientEntry, ...] = ()
    if command.expires_at is not None or command.expires_in_minutes is not None:
        with findings.at("/expires_in_minutes" if command.expires_in_minutes is not None else "/expires_at"):
            change.expires_at = expiry_of(
                change.tenant, ctx.clock.now_ms(), at=command.expires_at, in_minutes=command.expires_in_minutes
            )
    if command.max_downloads is not None:
        with findings.at("/max_downloads"):
            checked_downloads(command.max_downloads)
    if command.add_recipients:
        if head.request is not None:
            findings.add("recipients_not_allowed", "/add_recipients", "Files for a request go to the member who asked.")
        present = get_recipients(ctx.records, head.tenant, head.id)
        added = check_recipients(
            ctx, findings, command.add_recipients, pointer="/add_recipients", language=head.language, present=present
        )
    if command.send_now and head.state is State.READY:
        findings.add("state_wrong", "/send_now", "This transfer was sent already.")
    findings.require_none()
    return added


def _extend(change: _Change) -> None:
    head = change.head
    if change.expires_at is None or change.expires_at == head.expires_at:
        return
    changed = replace(head, expires_at=change.expires_at)
    items: dict[DueItem, bool] = {DueItem(head.tenant, head.id, "expire", head.expires_at): False}
    items[DueItem(head.tenant, head.id, "expire", changed.expires_at)] = True
    if head.ready_at is not None and head.notify and head.request is None:
        before, after = (reminder_at(head.ready_at, one.expires_at) for one in (head, changed))
        if before is not None:
            items[DueItem(head.tenant, head.id, "expiring", before)] = False
        if after is not None and after > change.ctx.clock.now_ms():
            items[DueItem(head.tenant, head.id, "expiring", after)] = True
    # Two moments of one minute are one record: what is added comes last and wins.
    writes = [due_put(one) if added else due_delete(one) for one, added in items.items()]
    change.operations += list({one.key: one for one in writes}.values())
    change.head = changed
    change.tell("transfer.extended.v1", expires_at=rfc3339(changed.expires_at))


def _add(change: _Change, added: tuple[RecipientEntry, ...]) -> None:
    if not added:
        return
    head = change.head
    puts = recipient_puts(head.tenant, head.id, added, first_page=head.recipient_pages)
    change.operations += puts
    change.head = replace(
        head, recipients=head.recipients + len(added), recipient_pages=head.recipient_pages + len(puts)
    )
    change.tell("transfer.recipients_added.v1", recipients=len(added))


def _send_now(change: _Change) -> None:
    """Ends the hold. Before the checks are through it only takes hold and set time away: checks are never skipped."""
    head = replace(change.head, hold_minutes=0, send_at=None)
    if head.state is State.HELD:
        now = change.ctx.clock.now_ms()
        if head.hold_until is not None:
            change.operations.append(due_delete(DueItem(head.tenant, head.id, "hold", head.hold_until)))
        held, head = head, move(replace(head, hold_until=now), State.READY, now=now)
        change.operations += state_lines(held, head)
        beside = ready_writes(change.ctx, head, actor=change.principal.id)
        change.operations += beside.operations
        change.events += beside.events
    change.head = head
