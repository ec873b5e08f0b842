"""Sign URLs for parts of a transfer's blobs, 256 a call (spec/api.md, POST .../parts)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.files import BlobEntry, pages_of
from chalicelib.domain.findings import Findings
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import Transfer, require_uploading
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.files_store import file_page_put, get_file_pages, get_files
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer, transfer_put, written
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.sending.hold_growing import hold_growing
from chalicelib.use_cases.sending.plan_files import plan_of
from chalicelib.use_cases.sending.sign_parts import (
    URLS_A_CALL,
    PartUrl,
    WantedPart,
    begin_uploads,
    note_urls,
    require_incomplete,
    sign_parts,
)
from fumibako_format.errors import FormatError
from fumibako_format.streaming import HEADER_BYTES

# A page may have 300 KB and a transaction takes 4 MB.
_PAGES_A_WRITE = 12
# Streams of a tenant meet on its quota's counters.
_TRIES = 40


@dataclass(frozen=True)
class AskedPart:
    """One part as asked for; ``size`` matters where the blob's length is unknown: the last part may be shorter."""

    blob: str
    number: int
    size: int | None = None


def issue_part_urls(
    ctx: Context,
    principal: Principal,
    transfer: str,
    parts: Sequence[AskedPart],
    *,
    headers: Mapping[str, bytes] | None = None,
) -> list[PartUrl]:
    """URLs in the order asked for. ``headers`` (file id -> 40 bytes) are kept, and a second one for a file is refused.

    Raises NotFound, Refused("gone"), ("state_wrong"), ("parts_wrong"), ("part_unknown"), ("part_size_wrong"), ("upload_closed"),
    ("header_wrong"), ("header_differs"), ("quota_full"), ("request_limit").
    """
    if not 1 <= len(parts) <= URLS_A_CALL or len({(one.blob, one.number) for one in parts}) < len(parts):
        raise Refused("parts_wrong", f"Ask for 1 to {URLS_A_CALL} parts, each once.")
    tenant = get_tenant(ctx.records, principal.tenant)

    def attempt() -> tuple[Transfer, dict[str, BlobEntry], list[WantedPart]]:
        head = get_transfer(ctx.records, principal.tenant, transfer)
        require_uploader(head, principal)
        require_uploading(head, ctx.clock.now_ms())
        blobs = get_blobs(ctx.records, head, [one.blob for one in parts])
        wanted = _wanted(blobs, parts)
        require_incomplete(blobs.values())
        if headers:
            head = keep_headers(ctx, head, headers)
        head = note_urls(ctx, head)
        head, blobs = hold_growing(ctx, head, blobs, wanted)
        return head, begin_uploads(ctx, head, list(blobs.values())), wanted

    head, blobs, wanted = until_written(attempt, tries=_TRIES)
    return sign_parts(ctx, tenant, head, blobs, wanted)


def keep_headers(ctx: Context, head: Transfer, headers: Mapping[str, bytes]) -> Transfer:
    """Note the header of each file's ciphertext: other bytes under the same key and header would give both away.

    Raises Refused("header_wrong"), Refused("header_differs") for a second one, NotFound, Conflict.
    """
    if any(len(header) != HEADER_BYTES for header in headers.values()):
        raise Refused("header_wrong", f"A header has {HEADER_BYTES} bytes.")
    entries = {one.id: one for one in get_files(ctx.records, head, list(headers))}
    require_same_headers([(one.header, headers[one.id]) for one in entries.values()])
    fresh = {one.id: replace(one, header=headers[one.id]) for one in entries.values() if one.header is None}
    if not fresh:
        return head
    numbers = pages_of(head.file_pages, fresh)
    for start in range(0, len(numbers), _PAGES_A_WRITE):
        pages = get_file_pages(ctx.records, head, numbers[start : start + _PAGES_A_WRITE])
        ctx.records.transact([transfer_put(head), *(file_page_put(head, page.with_entries(fresh)) for page in pages)])
        head = written(head)
    return head


def require_same_headers(pairs: Sequence[tuple[bytes | None, bytes | None]]) -> None:
    """Pairs of what is known and what is given, either may be None. Raises Refused("header_differs")."""
    if any(known is not None and given is not None and known != given for known, given in pairs):
        raise Refused("header_differs", "This file was begun with another header; send it anew as a new file.")


def _wanted(blobs: Mapping[str, BlobEntry], parts: Sequence[AskedPart]) -> list[WantedPart]:
    findings = Findings()
    wanted = []
    for n, asked in enumerate(parts):
        with findings.at(f"/parts/{n}"):
            wanted.append(WantedPart(asked.blob, asked.number, _size(blobs[asked.blob], asked)))
    findings.require_none()
    return wanted


def _size(blob: BlobEntry, asked: AskedPart) -> int:
    try:
        full = plan_of(blob).size_of(asked.number)
    except FormatError as error:
        raise Refused("part_unknown", error.message) from error
    if asked.size is None or asked.size == full:
        return full
    if blob.size is not None or not 0 <= asked.size < full:
        raise Refused("part_size_wrong", f"This part has {full} bytes.")
    return asked.size
