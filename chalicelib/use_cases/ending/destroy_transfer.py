"""Destroy what was closed, verify that it is gone, and state it: one transfer or many at once.

    closed -> destroying (written) -> keys and bytes destroyed -> listing empty -> destroyed + statement + event (one transaction)

Every step may be repeated: killed anywhere, the due item that woke the destroyer is still there, and the next run goes on from the
state it finds. Two destroyers at once do the same harmless work, and the head's version lets one of them write the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.certificate import destroyed, verifiable_from
from chalicelib.domain.errors import NotFound
from chalicelib.domain.events import Event
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Reason, State, Transfer, move
from chalicelib.ports.record_store import Delete, Key, Operation, Put
from chalicelib.stores.blobs_store import iterate_blobs
from chalicelib.stores.certificate_store import put_waiting
from chalicelib.stores.due_store import DueItem, due_delete, due_put
from chalicelib.stores.index_store import state_lines
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer, transfer_put, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.deletion_statement import statement_of
from chalicelib.use_cases.ending.erase_traces import erasures
from chalicelib.use_cases.ending.traces import Traces, read_traces
from chalicelib.use_cases.ending.verify_absence import destroy_bytes
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.telling.sender_mail import OwnerMail, owner_mail
from chalicelib.use_cases.write_groups import Group, write_groups

Woken = Mapping[str, Sequence[DueItem]]


@dataclass(frozen=True)
class _Ending:
    """What the end of one transfer is written from."""

    tenant: Tenant
    owner: OwnerMail
    traces: Traces
    late_puts: bool


def destroy_transfer(ctx: Context, tenant: str, transfer: str) -> None:
    """One transfer that is closed or being destroyed; anything else is left alone."""
    try:
        head = get_transfer(ctx.records, tenant, transfer)
    except NotFound:
        return
    due = DueItem(tenant, transfer, "destroy", head.closed_at or 0)
    destroy_transfers(ctx, [head], {transfer: [due]})


def destroy_transfers(ctx: Context, heads: Sequence[Transfer], woken: Woken) -> set[str]:
    """Those among up to 100 that are closed or being destroyed; gives the ids whose work is ended now.

    That is: destroyed, or waiting under a due item of its own until no signed PUT can bring bytes back.

    ``woken``: the due items that led here, by transfer; they go in the transaction that ends their work.
    """
    begun = _begun(ctx, [head for head in heads if head.state is State.CLOSED])
    destroying = [*begun, *(head for head in heads if head.state is State.DESTROYING)]
    gone = destroy_bytes(ctx, destroying)
    now = ctx.clock.now_ms()
    late = {head.id: _late_puts(ctx, head, now=now) for head in gone}
    ripe = [head for head in gone if verifiable_from(head, late_puts=late[head.id]) <= now]
    ripe_ids = {head.id for head in ripe}
    waiting = _wait(ctx, [head for head in gone if head.id not in ripe_ids], woken)
    return waiting | write_groups(ctx, _ends(ctx, ripe, woken, late))


def _late_puts(ctx: Context, head: Transfer, *, now: int) -> bool:
    """Whether a URL that is still out could bring bytes back: on S3 only that of a single PUT, a part needs its upload."""
    if not ctx.blobs.late_puts:
        return False
    return head.put_urls_until < now or any(blob.single for blob in iterate_blobs(ctx.records, head))


def _ends(ctx: Context, ripe: Sequence[Transfer], woken: Woken, late: Mapping[str, bool]) -> Iterator[Group]:
    tenants = {tenant: get_tenant(ctx.records, tenant) for tenant in {head.tenant for head in ripe}}
    owners: dict[tuple[str, str | None], OwnerMail] = {}
    for head in ripe:  # a batch has few owners, and mostly one tenant
        if (head.owner, head.request) not in owners:
            owners[head.owner, head.request] = owner_mail(ctx, tenants[head.tenant], head)
    traces = read_traces(ctx, ripe)
    for head in ripe:
        owner = owners[head.owner, head.request]
        ending = _Ending(tenants[head.tenant], owner, traces[head.id], late[head.id])
        yield _end(ctx, head, ending, woken.get(head.id, ()))


def _begun(ctx: Context, closed: Sequence[Transfer]) -> list[Transfer]:
    now = ctx.clock.now_ms()
    moved = [move(head, State.DESTROYING, now=now) for head in closed]
    done = write_groups(ctx, [Group(head.id, (transfer_put(head),)) for head in moved])
    return [written(head) for head in moved if head.id in done]


def _wait(ctx: Context, heads: Sequence[Transfer], woken: Woken) -> set[str]:
    """The bytes are gone, but a signed PUT could bring them back: look again when the last one has ended."""
    now = ctx.clock.now_ms()
    groups = []
    for head in heads:
        again = due_put(DueItem(head.tenant, head.id, "destroy", verifiable_from(head, late_puts=True)))
        noted = replace(head, destroyed_at=head.destroyed_at or now)
        operations = _distinct([again, transfer_put(noted)], [due_delete(item) for item in woken.get(head.id, ())])
        groups.append(Group(head.id, operations))
    return write_groups(ctx, groups)


def _end(ctx: Context, head: Transfer, ending: _Ending, items: Sequence[DueItem]) -> Group:
    """The last writes of a transfer whose absence was just seen."""
    tenant = ending.tenant
    now = ctx.clock.now_ms()
    done = destroyed(
        head,
        destroyed_at=head.destroyed_at or now,
        verified_at=now,
        backup_days=tenant.backup_days,
        late_puts=ending.late_puts,
    )
    statement = statement_of(done, ending.traces.records)
    operations: list[Put | Delete] = [
        transfer_put(replace(done, stored_bytes=0)),
        *state_lines(head, done),
        put_waiting(tenant.id, head.id, "deletion", statement),
    ]
    if tenant.backup_days:
        operations.append(due_put(DueItem(tenant.id, head.id, "backup_past", done.backups_until or now)))
    deletes = [due_delete(item) for item in (*items, DueItem(tenant.id, head.id, "expire", head.expires_at))]
    return Group(
        subject=head.id,
        last=_distinct(operations, deletes),
        events=(_destroyed_event(ctx, ending, head, done),),
        early=tuple(erasures(ctx, head, ending.traces)),
        tenant=tenant.id,
        release=head.stored_bytes,
    )


def _distinct(first: Sequence[Put | Delete], then: Sequence[Delete]) -> tuple[Operation, ...]:
    """A transaction names a key once; what is written wins over what is taken away."""
    by_key: dict[Key, Operation] = {operation.key: operation for operation in then}
    by_key |= {operation.key: operation for operation in first}
    return tuple(by_key.values())


def _destroyed_event(ctx: Context, ending: _Ending, head: Transfer, done: Transfer) -> Event:
    times = {
        "destroyed_at": rfc3339(done.destroyed_at or 0),
        "verified_absent_at": rfc3339(done.verified_absent_at or 0),
    }
    notify = None
    if head.reason is not Reason.ABANDONED:
        owner = ending.owner
        notify = {
            "to": owner.to,
            "name": owner.name,
            "language": owner.language,
            "title": head.title,
            "destroyed_at": times["destroyed_at"],
            "certificate_url": f"{ending.tenant.base_url}/transfers/v1/transfers/{head.id}/certificate",
        }
    return make_event(
        ctx,
        type="transfer.destroyed.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version + 1,
        actor="system",
        data={"reason": str(head.reason), "files": head.files, "bytes": head.bytes, **times},
        notify=notify if notify and notify["to"] else None,
    )
