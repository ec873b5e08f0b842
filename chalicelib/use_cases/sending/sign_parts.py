"""Signing part URLs: the one place where a PUT is allowed, for a head that was judged a moment ago.

1. the head says ``put_urls_until`` (guarded write, at most one in 5 minutes)   a recall meanwhile: Conflict, judged again
2. uploads are begun in the blob store                                          crash here: destroyed with the transfer
3. their tokens are stored, the head's version checked in the same write        two begin at once: one wins, the other reads its token
4. URLs are signed and given out                                                a certificate waits until put_urls_until has passed
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.files import BlobEntry
from chalicelib.domain.retention import put_url_end, put_urls_until
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.blob_store import BlobRef, SignedUrl
from chalicelib.ports.record_store import Check
from chalicelib.stores.blobs_store import blob_put
from chalicelib.stores.transfer_store import head_key, transfer_put, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.plan_files import plan_of

URLS_A_CALL = 256
# A transaction takes 100 writes; the transfer's own and the quota's come along.
BLOBS_A_WRITE = 90


@dataclass(frozen=True)
class WantedPart:
    """One part of a blob, 1-based; ``size`` in bytes."""

    blob: str
    number: int
    size: int


@dataclass(frozen=True)
class PartUrl:
    """What a client needs to send one part."""

    part: WantedPart
    signed: SignedUrl


def note_urls(ctx: Context, head: Transfer) -> Transfer:
    """The head after it says how long URLs given out now may live. Raises Conflict."""
    now = ctx.clock.now_ms()
    until = put_urls_until(head, put_url_end(head, now))
    if until == head.put_urls_until:
        return head
    changed = replace(head, put_urls_until=until, last_part_at=now)
    ctx.records.transact([transfer_put(changed)])
    return written(changed)


def require_incomplete(blobs: Iterable[BlobEntry]) -> None:
    """Raises Refused("upload_closed"); asked before anything is written for the call."""
    if any(blob.complete for blob in blobs):
        raise Refused("upload_closed", "This blob is complete; it takes no part any more.")


def begin_uploads(ctx: Context, head: Transfer, blobs: Sequence[BlobEntry]) -> dict[str, BlobEntry]:
    """The blobs with their upload tokens. Only tokens of uploads in parts are kept; a single PUT has none. Raises Conflict."""
    begun = {blob.id: blob for blob in blobs if blob.upload}
    for single in (True, False):
        new = [blob for blob in blobs if not blob.upload and blob.single == single]
        tokens = ctx.blobs.begin_all([BlobRef(head.tenant, head.id, blob.id) for blob in new], single=single)
        begun |= {blob.id: replace(blob, upload=token) for blob, token in zip(new, tokens, strict=True)}
    kept = [one for one in blobs if one.upload is None and not one.single]
    for start in range(0, len(kept), BLOBS_A_WRITE):
        puts = [blob_put(head, begun[one.id]) for one in kept[start : start + BLOBS_A_WRITE]]
        ctx.records.transact([Check(head_key(head.tenant, head.id), head.version), *puts])
    return begun


def sign_parts(
    ctx: Context, tenant: Tenant, head: Transfer, blobs: dict[str, BlobEntry], parts: Sequence[WantedPart]
) -> list[PartUrl]:
    """URLs for parts of blobs that were begun. No I/O."""
    end = put_url_end(head, ctx.clock.now_ms())
    return [
        PartUrl(
            part,
            ctx.blobs.put_url(
                BlobRef(head.tenant, head.id, part.blob),
                blobs[part.blob].upload or "",
                number=part.number,
                size=part.size,
                expires_at=end,
                base_url=tenant.blob_base_url,
            ),
        )
        for part in parts
    ]


def first_parts(blobs: Sequence[BlobEntry], *, most: int = URLS_A_CALL, uploads: int = 16) -> list[WantedPart]:
    """The first parts of new blobs, up to 256 in all. At most ``uploads`` uploads in parts are begun at create: each is a call to the store.

    None of a blob of unknown length: its parts count when they are asked for (hold_growing), and a transfer that was made must not be refused then.
    """
    found: list[WantedPart] = []
    for blob in (one for one in blobs if one.size is not None):
        if not blob.single:
            uploads -= 1
        if uploads < 0 or len(found) == most:
            break
        plan = plan_of(blob)
        count = min(plan.count or 1, most - len(found))
        found += [WantedPart(blob.id, n, plan.size_of(n)) for n in range(1, count + 1)]
    return found
