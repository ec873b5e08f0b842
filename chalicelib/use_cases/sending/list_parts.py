"""What the store holds of a blob that is being sent: the store is asked each time, nothing of it is kept."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.files import BlobEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import require_uploading
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.ports.blob_store import BlobRef, StoredPart
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.plan_files import plan_of


def list_parts(ctx: Context, principal: Principal, transfer: str, blob: str) -> list[StoredPart]:
    """Its parts in order; those of a blob that is whole as planned, without etag. Raises NotFound, Refused("gone"), ("state_wrong")."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    require_uploader(head, principal)
    require_uploading(head, ctx.clock.now_ms())
    entry = get_blobs(ctx.records, head, [blob])[blob]
    if entry.complete:
        return _planned(entry)
    if entry.upload is None and not entry.single:
        return []
    ref, upload = BlobRef(head.tenant, head.id, blob), entry.upload or "single"
    return ctx.blobs.parts(ref, upload) or _joined(ctx, ref, upload, entry)


def _joined(ctx: Context, ref: BlobRef, upload: str, entry: BlobEntry) -> list[StoredPart]:
    """A store that lists nothing has nothing, or has joined all of it already::

        files/complete: store joins ---- [crash, or no room for our record]
        parts:          store lists no part of what it has joined; a client would send all of them again, and be refused

    So it is asked to join what it was to join: that is done already, or parts are missing.
    """
    planned = _planned(entry)
    if not planned:
        return []
    try:
        ctx.blobs.complete(ref, upload, sizes=[part.size for part in planned])
    except Refused as refused:
        if refused.code not in ("part_missing", "part_wrong"):
            raise
        return []
    return planned


def _planned(entry: BlobEntry) -> list[StoredPart]:
    plan = plan_of(entry)
    return [StoredPart(n, plan.size_of(n), "") for n in range(1, (plan.count or 0) + 1)]
