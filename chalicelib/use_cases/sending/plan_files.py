"""From announced files to entries: ids, places in blobs, part plans, provisional records, and the pages they are stored in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.files import (
    FILES_A_PAGE,
    PAGE_BYTES,
    SEALED_FILES_A_PAGE,
    BlobEntry,
    FileEntry,
    cut_pages,
    id_range,
)
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.record_store import Put
from chalicelib.stores.blobs_store import BlobPage, blob_page_put, get_blob_page
from chalicelib.stores.files_store import FilePage, file_page_put, get_file_pages
from chalicelib.stores.name_marks_store import name_mark_puts
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.create_command import FileSpec
from chalicelib.use_cases.sending.mark_names import name_marker
from fumibako_format import base64url
from fumibako_format.keys import file_key
from fumibako_format.packs import Placement, plan_packs
from fumibako_format.parts import PartPlan, plan_parts
from fumibako_format.record import FileRecord, seal_record

# The client's own record takes the place of the provisional one: a digest, another media type and padding more (spec/format.md).
RECORD_GROWTH = 600
_ENTRY_BYTES = 320
_BLOBS_A_PAGE = 250


@dataclass(frozen=True)
class Planned:
    """What a create or a further call adds: the head that names the new pages, the writes of the pages, the new entries."""

    head: Transfer
    puts: tuple[Put, ...]
    files: tuple[FileEntry, ...]
    blobs: tuple[BlobEntry, ...]


def plan_of(blob: BlobEntry) -> PartPlan:
    """The part plan of a blob."""
    return PartPlan(blob.size, blob.part_size, blob.single, blob.growing)


def plan_files(ctx: Context, head: Transfer, specs: Sequence[FileSpec], *, key: bytes | None) -> Planned:
    """Add these files to a head (new or uploading). ``key`` is the transfer key of a managed transfer, which seals names at once."""
    placements = _placements(head.transfer_class, [spec.size for spec in specs])
    blob_ids = sorted(ctx.ids.new("bl") for _ in range(1 + max((p.blob for p in placements), default=-1)))
    # Sorted, so that ids within a page increase and a page is found by its range alone.
    file_ids = sorted(ctx.ids.new("fi") for _ in specs)
    files = tuple(
        _entry(ctx, file_id, head.files + n, spec, place, blob_ids[place.blob], key=key)
        for n, (file_id, spec, place) in enumerate(zip(file_ids, specs, placements, strict=True))
    )
    pages = _file_pages(ctx, head, files)
    blobs = _blobs(specs, placements, blob_ids, _page_of(pages))
    blob_pages = _blob_pages(ctx, head, blobs)
    grown = replace(
        head,
        files=head.files + len(files),
        blobs=head.blobs + len(blobs),
        single_puts=head.single_puts + sum(one.single for one in blobs),
        bytes=head.bytes + sum(spec.size or 0 for spec in specs),
        file_pages=_ranges(head.file_pages, {page.number: [one.id for one in page.entries] for page in pages}),
        blob_pages=_ranges(head.blob_pages, {page.number: [one.id for one in page.blobs] for page in blob_pages}),
    )
    puts = [file_page_put(head, page) for page in pages] + [blob_page_put(head, page) for page in blob_pages]
    mark = name_marker(head.id, key)
    puts += name_mark_puts(ctx.records, head, [mark(spec.name) for spec in specs if spec.name is not None])
    return Planned(grown, tuple(puts), files, blobs)


def _placements(transfer_class: TransferClass, sizes: Sequence[int | None]) -> list[Placement]:
    if transfer_class is TransferClass.PLAIN:
        return [Placement(n, 0, size, packed=False) for n, size in enumerate(sizes)]
    return plan_packs(sizes)


def _entry(
    ctx: Context, file_id: str, index: int, spec: FileSpec, place: Placement, blob: str, *, key: bytes | None
) -> FileEntry:
    name, media_type, sealed, checksum = None, "", None, None
    if key is not None:
        # No name stands in a store in clear, not even until the client's own record comes.
        record = FileRecord(spec.name or "", spec.media_type or "", spec.size or 0, spec.digest)
        sealed = seal_record(record, file_key=file_key(key, file_id), file_id=file_id, random=ctx.ids.random)
    elif spec.name is not None:
        name, media_type = spec.name, spec.media_type or ""
        checksum = None if spec.digest is None else base64url.encode(spec.digest)
    where = (file_id, index, blob, place.offset, place.length, spec.size, place.packed)
    return FileEntry(*where, name=name, media_type=media_type, record=sealed, checksum=checksum)


def _blobs(
    specs: Sequence[FileSpec], placements: Sequence[Placement], ids: Sequence[str], page_of: dict[str, tuple[int, ...]]
) -> tuple[BlobEntry, ...]:
    blobs = []
    inside: list[list[tuple[FileSpec, Placement]]] = [[] for _ in ids]
    for spec, place in zip(specs, placements, strict=True):
        inside[place.blob].append((spec, place))
    for blob_id, members in zip(ids, inside, strict=True):
        lengths = [place.length for _, place in members]
        size = None if None in lengths else sum(length for length in lengths if length is not None)
        plan = plan_parts(size, asked=None if members[0][1].packed else members[0][0].part_size)
        blobs.append(
            BlobEntry(blob_id, size, plan.part_size, plan.single, plan.growing, len(members), page_of[blob_id])
        )
    return tuple(blobs)


def _file_pages(ctx: Context, head: Transfer, files: Sequence[FileEntry]) -> list[FilePage]:
    """New files go on in the last page while it has room, so that many small calls do not make many pages."""
    most = SEALED_FILES_A_PAGE if head.transfer_class is TransferClass.SEALED else FILES_A_PAGE
    last = get_file_pages(ctx.records, head, [len(head.file_pages) - 1]) if head.file_pages else []
    start = FilePage(len(head.file_pages), 0, ())
    if last and len(last[0].entries) < most and sum(map(_weight, last[0].entries)) < PAGE_BYTES:
        start = last[0]
    entries = [*start.entries, *files]
    pages, at = [], 0
    for n, count in enumerate(cut_pages([_weight(one) for one in entries], most=most)):
        pages.append(FilePage(start.number + n, start.version if n == 0 else 0, tuple(entries[at : at + count])))
        at += count
    return pages


def _blob_pages(ctx: Context, head: Transfer, blobs: Sequence[BlobEntry]) -> list[BlobPage]:
    last = get_blob_page(ctx.records, head, len(head.blob_pages) - 1) if head.blob_pages else None
    start = BlobPage(len(head.blob_pages), 0, ()) if last is None or len(last.blobs) >= _BLOBS_A_PAGE else last
    entries = [*start.blobs, *blobs]
    return [
        BlobPage(start.number + n, start.version if n == 0 else 0, tuple(entries[at : at + _BLOBS_A_PAGE]))
        for n, at in enumerate(range(0, len(entries), _BLOBS_A_PAGE))
    ]


def _weight(entry: FileEntry) -> int:
    sealed = 0 if entry.record is None else (len(entry.record) + RECORD_GROWTH) * 4 // 3
    return _ENTRY_BYTES + sealed + 6 * len(entry.name or "") + len(entry.media_type)


def _page_of(pages: Sequence[FilePage]) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[int, None]] = {}
    for page in pages:
        for entry in page.entries:
            found.setdefault(entry.blob, {})[page.number] = None
    return {blob: tuple(numbers) for blob, numbers in found.items()}


def _ranges(before: Sequence[tuple[str, str]], pages: dict[int, list[str]]) -> tuple[tuple[str, str], ...]:
    ranges = list(before)
    for number, ids in sorted(pages.items()):
        ranges[number : number + 1] = [id_range(ids)]
    return tuple(ranges)
