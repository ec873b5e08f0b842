"""The answer to a creating call, made anew each time: nothing of it is stored, so a replay unwraps the key and signs again."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import State, Transfer, TransferClass, expired
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.files_store import iterate_file_pages
from chalicelib.stores.idempotency_store import Made
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.stores.wrapped_key_store import open_transfer_key
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.issue_part_urls import AskedPart, issue_part_urls
from chalicelib.use_cases.sending.sign_parts import PartUrl, first_parts

_UPLOADING_OR_LATER_OPEN = frozenset(State) - {State.CLOSED, State.DESTROYING, State.DESTROYED}


@dataclass(frozen=True)
class Created:
    """``key`` is the transfer key of a managed transfer; ``blobs`` the blobs of ``files`` by id."""

    head: Transfer
    key: bytes | None
    files: Sequence[FileEntry]
    blobs: dict[str, BlobEntry]
    uploads: Sequence[PartUrl]


def answer_new(
    ctx: Context,
    principal: Principal,
    head: Transfer,
    *,
    key: bytes | None,
    files: Sequence[FileEntry],
    blobs: Sequence[BlobEntry],
) -> Created:
    """The answer for entries that were just written, with their first part URLs."""
    parts = [AskedPart(one.blob, one.number) for one in first_parts([one for one in blobs if not one.complete])]
    uploads = issue_part_urls(ctx, principal, head.id, parts) if parts and _takes_parts(ctx, head) else []
    return Created(head, key, files, {one.id: one for one in blobs}, uploads)


def answer_again(ctx: Context, principal: Principal, made: Made) -> Created:
    """The answer to a repeated call, as things stand now. Raises NotFound."""
    head = get_transfer(ctx.records, principal.tenant, made.resource)
    require_uploader(head, principal)
    wanted = range(made.first, made.first + made.count)
    files = [one for page in iterate_file_pages(ctx.records, head) for one in page.entries if one.index in wanted]
    blobs = list(get_blobs(ctx.records, head, [one.blob for one in files]).values())
    return answer_new(ctx, principal, head, key=key_of(ctx, head), files=files, blobs=blobs)


def key_of(ctx: Context, head: Transfer) -> bytes | None:
    """The transfer key of a managed transfer that is still open; None for other classes and after its end."""
    if head.transfer_class is not TransferClass.MANAGED or head.state not in _UPLOADING_OR_LATER_OPEN:
        return None
    return open_transfer_key(ctx, head.tenant, head.id)


def _takes_parts(ctx: Context, head: Transfer) -> bool:
    return head.state is State.UPLOADING and not expired(head, ctx.clock.now_ms())
