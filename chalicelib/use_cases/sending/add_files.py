"""Add up to 500 further files to a transfer that is uploading (spec/api.md, POST .../files).

read head --> check names against the marks of those present --> [ head + pages + quota + request + once ] --> first URLs
Two calls at once: one wins on the head's version, the other plans anew behind its files.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain.file_request import require_request_open, take
from chalicelib.domain.findings import Findings
from chalicelib.domain.principal import Principal
from chalicelib.domain.quota import day_of, require_bytes
from chalicelib.domain.transfer import Transfer, TransferClass, require_uploading
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.ports.record_store import Operation
from chalicelib.stores.idempotency_store import Made, Once, made_before, once_puts
from chalicelib.stores.name_marks_store import get_name_marks
from chalicelib.stores.quota_store import bytes_put, get_usage
from chalicelib.stores.request_store import get_request, request_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer, transfer_put, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.sending.answer_create import Created, answer_again, answer_new, key_of
from chalicelib.use_cases.sending.check_files import check_files
from chalicelib.use_cases.sending.check_room import check_room
from chalicelib.use_cases.sending.create_command import FileSpec
from chalicelib.use_cases.sending.mark_names import name_marker
from chalicelib.use_cases.sending.plan_files import Planned, plan_files


@dataclass(frozen=True)
class AddFiles:
    """``more_files`` says that still further ones follow."""

    files: tuple[FileSpec, ...]
    more_files: bool = False
    once: Once | None = None


def add_files(ctx: Context, principal: Principal, transfer: str, command: AddFiles) -> Created:
    """The new files with ids, plans and first URLs.

    Raises NotFound, Refused("gone"), ("state_wrong"), ("too_many_files"), ("name_twice"), ("quota_full"), ("request_limit"), StoreFull.
    """
    check_room(ctx, sum(one.size or 0 for one in command.files))

    def attempt() -> tuple[Made, tuple[Transfer, Planned, bytes | None] | None]:
        head = get_transfer(ctx.records, principal.tenant, transfer)
        require_uploader(head, principal)
        made = made_before(ctx.records, command.once, ctx.clock.now_ms())
        if made is not None:
            return made, None
        require_uploading(head, ctx.clock.now_ms())
        key = key_of(ctx, head)
        planned = plan_files(ctx, head, _checked(ctx, head, command, key=key), key=key)
        made = Made(head.id, head.files, len(planned.files))
        return made, (_write(ctx, planned, command, made), planned, key)

    made, fresh = until_written(attempt)
    if fresh is None:
        return answer_again(ctx, principal, made)
    head, planned, key = fresh
    return answer_new(ctx, principal, head, key=key, files=planned.files, blobs=planned.blobs)


def _checked(ctx: Context, head: Transfer, command: AddFiles, *, key: bytes | None) -> tuple[FileSpec, ...]:
    findings = Findings()
    files = check_files(
        findings, command.files, head.transfer_class, present=head.files, taken=_taken(ctx, head, key=key)
    )
    findings.require_none()
    return files


def _taken(ctx: Context, head: Transfer, *, key: bytes | None) -> Callable[[str], bool]:
    """Whether a file of this name is there. A sealed transfer's server knows no names."""
    if head.transfer_class is TransferClass.SEALED:
        return lambda _: False
    marks, mark = get_name_marks(ctx.records, head), name_marker(head.id, key)
    return lambda name: mark(name) in marks


def _write(ctx: Context, planned: Planned, command: AddFiles, made: Made) -> Transfer:
    now = ctx.clock.now_ms()
    more = sum(one.size or 0 for one in planned.files)
    head = planned.head
    head = replace(head, more_files=command.more_files, stored_bytes=head.stored_bytes + more)
    operations: list[Operation] = [transfer_put(head), *planned.puts, *once_puts(ctx.records, command.once, made, now)]
    if more:
        usage = get_usage(ctx.records, head.tenant, head.id, day_of(now))
        require_bytes(get_tenant(ctx.records, head.tenant), usage.bytes, more)
        operations.append(bytes_put(head.tenant, head.id, usage, more))
    if head.request is not None:
        request = get_request(ctx.records, head.tenant, head.request)
        require_request_open(request, now)
        operations.append(request_put(take(request, files=len(planned.files), size=more, transfers=0)))
    ctx.records.transact(operations)
    return written(head)
