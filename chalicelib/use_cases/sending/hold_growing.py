"""What parts of files of unknown length may bring counts before it comes: against the tenant's quota and the file request.

Otherwise a file whose size is null could fill the store: it counted only when it was completed, and nobody has to complete anything. A part's address
holds all that lies before its end; completing gives back what was held beyond the file's length. The transfer's end gives all back to the quota; to the
file request it gives nothing back, as with announced lengths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.file_request import take
from chalicelib.domain.files import BlobEntry
from chalicelib.domain.quota import day_of, require_bytes
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.blobs_store import blob_put
from chalicelib.stores.quota_store import bytes_put, get_usage
from chalicelib.stores.request_store import get_request, request_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import transfer_put, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.plan_files import plan_of
from chalicelib.use_cases.sending.sign_parts import BLOBS_A_WRITE, WantedPart


def hold_growing(
    ctx: Context, head: Transfer, blobs: Mapping[str, BlobEntry], parts: Sequence[WantedPart]
) -> tuple[Transfer, dict[str, BlobEntry]]:
    """Head and blobs after what these parts reach to is held; as given where nothing is new.

    Raises Refused("quota_full"), Refused("request_limit"), Conflict.
    """
    fresh = [replace(blob, held=end) for blob, end in _reached(blobs, parts) if end > blob.held]
    known = dict(blobs)
    for start in range(0, len(fresh), BLOBS_A_WRITE):
        group = fresh[start : start + BLOBS_A_WRITE]
        more = sum(one.held - blobs[one.id].held for one in group)
        changed = replace(head, stored_bytes=head.stored_bytes + more)
        ctx.records.transact(
            [transfer_put(changed), *(blob_put(head, one) for one in group), *counted(ctx, head, more)]
        )
        head = written(changed)
        known |= {one.id: replace(one, version=one.version + 1) for one in group}
    return head, known


def counted(ctx: Context, head: Transfer, more: int) -> list[Operation]:
    """The writes by which ``more`` bytes, or fewer where it is negative, count against the tenant's quota and the file request.

    Raises Refused("quota_full"), Refused("request_limit").
    """
    if not more:
        return []
    usage = get_usage(ctx.records, head.tenant, head.id, day_of(ctx.clock.now_ms()))
    if more > 0:
        require_bytes(get_tenant(ctx.records, head.tenant), usage.bytes, more)
    operations: list[Operation] = [bytes_put(head.tenant, head.id, usage, more)]
    if head.request is not None:
        request = get_request(ctx.records, head.tenant, head.request)
        operations.append(request_put(take(request, files=0, size=more, transfers=0)))
    return operations


def _reached(blobs: Mapping[str, BlobEntry], parts: Sequence[WantedPart]) -> list[tuple[BlobEntry, int]]:
    """Each blob of unknown length with the end of the last of its parts, in bytes."""
    ends: dict[str, int] = {}
    for part in parts:
        blob = blobs[part.blob]
        if blob.size is None:
            start, _ = plan_of(blob).range(part.number)
            ends[part.blob] = max(ends.get(part.blob, 0), start + part.size)
    return [(blobs[one], end) for one, end in ends.items()]
