"""Create a transfer: head, pages, recipients, lists, due items, quota, idempotency and event in one transaction.

wrapped key --> [ head + pages + lists + due + quota + once + request + event ] --> uploads begun --> URLs
A crash after the wrapped key leaves a random key that opens nothing. A crash after the transaction: the client repeats
with its Idempotency-Key and is given the same transfer with fresh URLs. Two creates with one key: one meets ``once`` ABSENT,
the other loses the write, reads what the first made and answers with it.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.domain.events import Event
from chalicelib.domain.file_request import FileRequest, require_request_open, take
from chalicelib.domain.principal import Principal
from chalicelib.domain.quota import day_of, require_bytes, require_transfers
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.record_store import Operation
from chalicelib.stores import index_store
from chalicelib.stores.due_store import DueItem, due_put
from chalicelib.stores.idempotency_store import Made, made_before, once_puts
from chalicelib.stores.quota_store import bytes_put, day_put, get_usage
from chalicelib.stores.recipients_store import recipient_puts
from chalicelib.stores.request_store import get_request, request_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import transfer_put, written
from chalicelib.stores.wrapped_key_store import destroy_transfer_key, keep_transfer_key
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.sending.answer_create import Created, answer_again, answer_new
from chalicelib.use_cases.sending.check_create import check_create
from chalicelib.use_cases.sending.check_room import check_room
from chalicelib.use_cases.sending.create_command import Checked, CreateTransfer
from chalicelib.use_cases.sending.draft_transfer import draft_transfer
from chalicelib.use_cases.sending.plan_files import Planned, plan_files
from fumibako_format.keys import new_transfer_key

# A tenant's creates meet on 8 quota counters, so a burst of them meets more often than writers of one transfer do.
_TRIES = 40


@dataclass(frozen=True)
class _Making:
    """Everything that one transaction writes from."""

    tenant: Tenant
    principal: Principal
    command: CreateTransfer
    checked: Checked
    planned: Planned
    request: FileRequest | None


def create_transfer(ctx: Context, principal: Principal, command: CreateTransfer) -> Created:
    """The new transfer with ids, plans, key and first URLs; the same again for the same Idempotency-Key.

    Raises Refused with every problem of the command, Refused("quota_exceeded"), ("quota_full"), ("request_limit"), ("gone"),
    ("idempotency_key_reused"), StoreFull.
    """
    made = made_before(ctx.records, command.once, ctx.clock.now_ms())
    if made is not None:
        return answer_again(ctx, principal, made)
    tenant = get_tenant(ctx.records, principal.tenant)
    request = _request(ctx, principal)
    command = _for_request(command, request)
    checked = check_create(ctx, tenant, command, guest=request is not None)
    check_room(ctx, sum(one.size or 0 for one in checked.files))
    draft = draft_transfer(ctx, tenant, principal, command, checked, request=request)
    key = new_transfer_key(ctx.ids.random) if draft.transfer_class is TransferClass.MANAGED else None
    if key is not None:
        keep_transfer_key(ctx, tenant.id, draft.id, key)
    making = _Making(tenant, principal, command, checked, plan_files(ctx, draft, checked.files, key=key), request)
    try:
        outcome = until_written(lambda: _write(ctx, making), tries=_TRIES)
    except StoreAway:
        raise  # the write may have gone through: its key must stay
    except Refused:
        _forget_key(ctx, draft)
        raise
    if isinstance(outcome, Made):
        _forget_key(ctx, draft)
        return answer_again(ctx, principal, outcome)
    return answer_new(ctx, principal, outcome, key=key, files=making.planned.files, blobs=making.planned.blobs)


def _forget_key(ctx: Context, draft: Transfer) -> None:
    if draft.transfer_class is TransferClass.MANAGED:
        destroy_transfer_key(ctx, draft.tenant, draft.id)


def _request(ctx: Context, principal: Principal) -> FileRequest | None:
    if principal.kind != "guest":
        return None
    request = get_request(ctx.records, principal.tenant, principal.link_subject or "")
    require_request_open(request, ctx.clock.now_ms())
    return request


def _for_request(command: CreateTransfer, request: FileRequest | None) -> CreateTransfer:
    """A guest fills a request as it was asked: its class, at once, without a proof of its own."""
    if request is None:
        return command
    if command.transfer_class is not request.transfer_class:
        raise Refused("class_not_allowed", f"This file request takes the class {request.transfer_class}.")
    return replace(command, hold_minutes=0, send_at=None, proof=None, max_downloads=None)


def _write(ctx: Context, making: _Making) -> Transfer | Made:
    """One attempt. Gives Made where the same request was answered meanwhile."""
    now = ctx.clock.now_ms()
    made = made_before(ctx.records, making.command.once, now)
    if made is not None:
        return made
    head = making.planned.head
    entries = making.checked.recipients
    operations: list[Operation] = [transfer_put(head), *making.planned.puts]
    operations += recipient_puts(head.tenant, head.id, entries)
    operations += _lists(head, making.request)
    operations += _due(head)
    operations += _quota(ctx, making, now)
    operations += _taken(ctx, making, now)
    once = Made(head.id, 0, len(making.planned.files))
    operations += once_puts(ctx.records, making.command.once, once, now)
    ctx.records.transact(operations, [_event(ctx, making)])
    return written(head)


def _lists(head: Transfer, request: FileRequest | None) -> list[Operation]:
    pks = [index_store.all_pk(head.tenant)]
    if request is None:
        pks.append(index_store.sent_pk(head.tenant, head.owner))
    else:
        pks.append(index_store.received_pk(head.tenant, request.owner_address))
        pks.append(index_store.by_request_pk(head.tenant, request.id))
    return [*(index_store.transfer_line(pk, head) for pk in pks), *index_store.state_lines(None, head)]


def _due(head: Transfer) -> list[Operation]:
    items = [DueItem(head.tenant, head.id, "expire", head.expires_at)]
    if head.abandon_at is not None:
        items.append(DueItem(head.tenant, head.id, "abandon", head.abandon_at))
    return [due_put(item) for item in items]


def _quota(ctx: Context, making: _Making, now: int) -> list[Operation]:
    head, day = making.planned.head, day_of(now)
    usage = get_usage(ctx.records, head.tenant, head.id, day)
    require_transfers(making.tenant, usage.transfers, now)
    require_bytes(making.tenant, usage.bytes, head.stored_bytes)
    puts: list[Operation] = [day_put(head.tenant, head.id, day, usage, now)]
    if head.stored_bytes:
        puts.append(bytes_put(head.tenant, head.id, usage, head.stored_bytes))
    return puts


def _taken(ctx: Context, making: _Making, now: int) -> list[Operation]:
    if making.request is None:
        return []
    request = get_request(ctx.records, making.request.tenant, making.request.id)
    require_request_open(request, now)
    head = making.planned.head
    return [request_put(take(request, files=head.files, size=head.bytes, transfers=1))]


def _event(ctx: Context, making: _Making) -> Event:
    head = making.planned.head
    network = making.command.network
    return make_event(
        ctx,
        type="transfer.created.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version + 1,
        actor=making.principal.id,
        data={
            "class": str(head.transfer_class),
            "files": head.files,
            "bytes": head.bytes,
            "recipients": head.recipients,
            "expires_at": rfc3339(head.expires_at),
            "source": head.source,
        },
        personal=None if network is None else {"network": network},
    )
