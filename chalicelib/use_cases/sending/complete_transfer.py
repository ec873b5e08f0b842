"""Hand a transfer over for checking (spec/api.md, POST .../complete). Workers go on from the event.

read head --> all files stored? --> [ head: checking + event, abandon item removed ]
Completing twice: the second finds it checking or further and answers as it stands. A recall meanwhile: Conflict, judged again.
"""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import State, Transfer, TransferClass, move, require_uploading
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.ports.record_store import Operation
from chalicelib.stores.due_store import DueItem, due_delete
from chalicelib.stores.index_store import state_lines
from chalicelib.stores.transfer_store import get_transfer, transfer_put, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.guests.guest_proof import hash_proof
from chalicelib.use_cases.sending.check_slots import check_passphrase_auth, check_slots
from fumibako_format import base64url

_OVER = (State.CLOSED, State.DESTROYING, State.DESTROYED)


@dataclass(frozen=True)
class Completion:
    """Key slots and the proof of the passphrase bind the transfer's id, so a client can make them only after create."""

    slots: tuple[dict[str, Any], ...] = ()
    passphrase_auth: bytes | None = None


def complete_transfer(ctx: Context, principal: Principal, transfer: str, completion: Completion) -> Transfer:
    """The head, ``checking`` or further.

    Raises NotFound, Refused("gone"), ("files_missing"), ("slots_missing"), ("slots_wrong"), ("passphrase_auth_missing").
    """
    check_slots(completion.slots)
    check_passphrase_auth(completion.passphrase_auth)
    auth = completion.passphrase_auth
    # The link's check hashes the same base64url text.
    auth_hash = None if auth is None else hash_proof(ctx, base64url.encode(auth))

    def attempt() -> Transfer:
        head = get_transfer(ctx.records, principal.tenant, transfer)
        require_uploader(head, principal)
        if head.completed_at is not None and head.state not in _OVER:
            return head
        require_uploading(head, ctx.clock.now_ms())
        head = replace(
            head,
            slots=completion.slots or head.slots,
            passphrase_auth_hash=auth_hash or head.passphrase_auth_hash,
        )
        require_whole(head)
        return _write(ctx, principal, head)

    return until_written(attempt)


def require_whole(head: Transfer) -> None:
    """Raises Refused unless every file is stored and the ways in are there."""
    if head.more_files or not head.files or head.stored_files < head.files:
        more = " More files were announced." if head.more_files else ""
        raise Refused("files_missing", f"{head.stored_files} of {head.files} files are stored.{more}")
    if head.transfer_class is TransferClass.SEALED and not head.slots:
        raise Refused("slots_missing", "A sealed transfer needs a key slot for each way in.")
    if head.proof == "passphrase" and head.request is None:
        if not any(slot.get("kind") == "passphrase" for slot in head.slots):
            raise Refused("slots_missing", "The proof passphrase needs a slot that tells how it is derived.")
        if head.passphrase_auth_hash is None:
            raise Refused("passphrase_auth_missing", "The proof passphrase needs passphrase_auth.")


def _write(ctx: Context, principal: Principal, head: Transfer) -> Transfer:
    checking = replace(move(head, State.CHECKING, now=ctx.clock.now_ms()), abandon_at=None)
    operations: list[Operation] = [transfer_put(checking), *state_lines(head, checking)]
    if head.abandon_at is not None:
        operations.append(due_delete(DueItem(head.tenant, head.id, "abandon", head.abandon_at)))
    event = make_event(
        ctx,
        type="transfer.completed.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version + 1,
        actor=principal.id,
        data={"files": head.files, "bytes": head.bytes},
    )
    ctx.records.transact(operations, [event])
    return written(checking)
