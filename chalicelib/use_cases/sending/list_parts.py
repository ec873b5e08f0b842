"""What the store holds of a blob that is being sent: the store is asked each time, nothing of it is kept."""

from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import require_uploading
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.ports.blob_store import BlobRef, StoredPart
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.plan_files import plan_of


def list_parts(ctx: Context, principal: Principal, transfer: str, blob: str) -> list[StoredPart]:
    """Its parts in order; those of a complete blob as planned, without etag. Raises NotFound, Refused("gone"), ("state_wrong")."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    require_uploader(head, principal)
    require_uploading(head, ctx.clock.now_ms())
    entry = get_blobs(ctx.records, head, [blob])[blob]
    if entry.complete:
        plan = plan_of(entry)
        return [StoredPart(n, plan.size_of(n), "") for n in range(1, (plan.count or 0) + 1)]
    if entry.upload is None and not entry.single:
        return []
    return ctx.blobs.parts(BlobRef(head.tenant, head.id, blob), entry.upload or "single")
