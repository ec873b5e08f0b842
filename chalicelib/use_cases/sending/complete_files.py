"""Name files (their records) and join the blobs whose files are all named (spec/api.md, POST .../files/complete).

read head, pages, blobs --> check every file --> store joins blobs --> [ head + pages + blobs + quota + request ]
A crash after the join: the same call joins again (the store gives the same version) and writes. Two calls at once: one
write wins, the other reads again and finds its files stored. Files are written in groups of blobs, so a transaction stays small;
every file of the call is checked before the first group.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import Transfer, require_uploading
from chalicelib.domain.transfer_access import require_uploader
from chalicelib.ports.blob_store import BlobRef, Joining
from chalicelib.ports.record_store import Operation
from chalicelib.stores.blobs_store import blob_put, get_blobs
from chalicelib.stores.files_store import FilePage, file_page_put, get_file_pages, get_files
from chalicelib.stores.transfer_store import get_transfer, transfer_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.sending.answer_create import key_of
from chalicelib.use_cases.sending.check_done import FileDone, check_done
from chalicelib.use_cases.sending.hold_growing import counted
from chalicelib.use_cases.sending.issue_part_urls import require_same_headers
from chalicelib.use_cases.sending.plan_files import plan_of
from fumibako_format.parts import PartPlan

FILES_A_CALL = 500
PARTS_A_CALL = 10_000
# A page may have 300 KB and a transaction takes 4 MB.
_BLOBS_A_WRITE = 25
_PAGES_A_WRITE = 12


@dataclass(frozen=True)
class _Stood:
    """How things stand after a write: at least what it touched, by id."""

    files: Mapping[str, FileEntry]
    blobs: Mapping[str, BlobEntry]


def complete_files(
    ctx: Context, principal: Principal, transfer: str, done: Sequence[FileDone]
) -> tuple[list[FileEntry], dict[str, BlobEntry]]:
    """The files as they stand afterwards, in the order given, with the plans of their blobs. Files stored already are left as they are.

    Raises NotFound, Refused("gone"), ("state_wrong"), ("files_wrong"), ("too_many_parts"), ("record_wrong"), ("name_differs"),
    ("size_missing"), ("size_differs"), ("checksum_invalid"), ("header_differs"), ("part_missing"), ("part_wrong"), ("request_limit").
    """
    ids = [one.id for one in done]
    if not 1 <= len(done) <= FILES_A_CALL or len(set(ids)) < len(ids):
        raise Refused("files_wrong", f"Name 1 to {FILES_A_CALL} files, each once.")
    head = get_transfer(ctx.records, principal.tenant, transfer)
    require_uploader(head, principal)
    files = {one.id: one for one in get_files(ctx.records, head, ids)}
    blobs = get_blobs(ctx.records, head, [one.blob for one in files.values()])
    waiting = [one for one in done if not files[one.id].stored]
    if waiting:
        require_uploading(head, ctx.clock.now_ms())
        checked = check_done(list(files.values()), waiting, head.transfer_class, key=key_of(ctx, head))
        for stood in _complete(ctx, head, checked, list(blobs.values())):
            files |= stood.files
            blobs |= stood.blobs
    return [files[one] for one in ids], blobs


def _complete(
    ctx: Context, head: Transfer, named: Mapping[str, FileEntry], blobs: Sequence[BlobEntry]
) -> Iterator[_Stood]:
    touched = {one.blob for one in named.values()}
    blobs = [blob for blob in blobs if blob.id in touched]
    parts = sum(plan_of(one).count or 0 for one in blobs)
    if parts > PARTS_A_CALL and len(blobs) > 1:
        raise Refused("too_many_parts", f"Name files of at most {PARTS_A_CALL} parts in one call.")
    for group in _groups(blobs):
        part = {one.id: one for one in named.values() if one.blob in group}
        yield until_written(lambda part=part: _write(ctx, head, part))  # type: ignore[misc]  # a default binds the loop's value


def _groups(blobs: Sequence[BlobEntry]) -> list[set[str]]:
    """Blobs that are written together: few enough of them, in few enough pages."""
    groups: list[set[str]] = []
    pages: set[int] = set()
    for blob in blobs:
        wider = pages | set(blob.file_pages)
        if not groups or len(groups[-1]) == _BLOBS_A_WRITE or len(wider) > _PAGES_A_WRITE:
            groups.append(set())
            wider = set(blob.file_pages)
        groups[-1].add(blob.id)
        pages = wider
    return groups


def _write(ctx: Context, head: Transfer, named: Mapping[str, FileEntry]) -> _Stood:
    """One attempt for one group of blobs. Raises Conflict."""
    head = get_transfer(ctx.records, head.tenant, head.id)
    require_uploading(head, ctx.clock.now_ms())
    blobs = get_blobs(ctx.records, head, [one.blob for one in named.values()])
    pages = get_file_pages(ctx.records, head, sorted({page for blob in blobs.values() for page in blob.file_pages}))
    present = {one.id: one for page in pages for one in page.entries}
    require_same_headers([(present[one.id].header, one.header) for one in named.values()])
    fresh = {one.id: one for one in named.values() if not present[one.id].named}
    joined = _joined(ctx, head, [_counted(blob, fresh) for blob in blobs.values()], fresh)
    changed = _changed(present, fresh, joined)
    grown = sum(one.size or 0 for one in fresh.values() if present[one.id].size is None)
    stored = sum(one.stored for one in changed.values())
    held = sum(blobs[one.id].held for one in joined.values() if one.complete)
    before = head
    head = replace(
        head,
        stored_files=head.stored_files + stored,
        bytes=head.bytes + grown,
        stored_bytes=head.stored_bytes + grown - held,
    )
    operations: list[Operation] = [transfer_put(head), *_page_puts(before, pages, changed)]
    operations += [blob_put(head, blob) for blob in joined.values()]
    ctx.records.transact([*operations, *counted(ctx, head, grown - held)])
    return _Stood({**present, **changed}, {one.id: replace(one, version=one.version + 1) for one in joined.values()})


def _counted(blob: BlobEntry, fresh: Mapping[str, FileEntry]) -> BlobEntry:
    """The blob with its newly named files counted."""
    return replace(blob, named=blob.named + sum(one.blob == blob.id for one in fresh.values()))


def _joined(
    ctx: Context, head: Transfer, blobs: Sequence[BlobEntry], fresh: Mapping[str, FileEntry]
) -> dict[str, BlobEntry]:
    """The blobs; those whose last file was named now are joined by the store, all in one call."""
    plans: dict[str, PartPlan] = {}
    for blob in blobs:
        if blob.complete or blob.named < blob.files:
            continue
        plan = plan_of(blob)
        if blob.size is None:
            plan = plan.closed(next((one.length for one in fresh.values() if one.blob == blob.id), None) or 0)
        if blob.upload is None and not blob.single:
            raise Refused("part_missing", "No part of this file was sent yet.")
        plans[blob.id] = plan
    whole = [blob for blob in blobs if blob.id in plans]
    stored = ctx.blobs.complete_all([_joining(head, blob, plans[blob.id]) for blob in whole])
    found = {blob.id: blob for blob in blobs}
    for blob, one in zip(whole, stored, strict=True):
        if one.size != plans[blob.id].ciphertext_size:
            raise Refused("part_wrong", "The store holds another length than the plan.")
        found[blob.id] = replace(blob, size=one.size, stored_version=one.version, checksum=one.checksum, held=0)
    return found


def _joining(head: Transfer, blob: BlobEntry, plan: PartPlan) -> Joining:
    sizes = [plan.size_of(n) for n in range(1, (plan.count or 0) + 1)]
    return Joining(BlobRef(head.tenant, head.id, blob.id), blob.upload or "single", sizes)


def _changed(
    present: Mapping[str, FileEntry], fresh: Mapping[str, FileEntry], joined: Mapping[str, BlobEntry]
) -> dict[str, FileEntry]:
    """Entries that differ now: newly named ones, and every file of a blob that is complete now."""
    changed = dict(fresh)
    for one in present.values():
        blob = joined.get(one.blob)
        if blob is not None and blob.complete and not one.stored:
            changed[one.id] = changed.get(one.id, one).changed(stored=True)
    return changed


def _page_puts(head: Transfer, pages: Sequence[FilePage], changed: Mapping[str, FileEntry]) -> list[Operation]:
    touched = [page for page in pages if any(one.id in changed for one in page.entries)]
    return [file_page_put(head, page.with_entries(dict(changed))) for page in touched]
