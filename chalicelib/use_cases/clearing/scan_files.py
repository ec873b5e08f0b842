"""Put every stored file past the scanner, page by page.

What a page's files were judged is written with the page (pages of small files together, up to 64 MiB of content), so a check that was
interrupted goes on behind them, and a scanner that is away (StoreAway) leaves the transfer in ``checking`` until the event comes again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.blob_store import BlobRef
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.files_store import FilePage, file_page_put, iterate_file_pages
from chalicelib.stores.wrapped_key_store import open_transfer_key
from chalicelib.use_cases.clearing.plaintext_stream import opened_chunks
from chalicelib.use_cases.context import Context
from fumibako_format.errors import FormatError
from fumibako_format.keys import associated_data, file_key

# A page may have 300 KB and a transaction takes 4 MB.
_PAGES_A_WRITE = 12
_BYTES_A_WRITE = 64 << 20
BROKEN = "broken"  # can't be opened with its own key: whatever it is, nobody could receive it


@dataclass(frozen=True)
class _Reading:
    """``key`` is the transfer key of a managed transfer, None for a plain one."""

    key: bytes | None
    alive: Callable[[], None]

    def watched(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.alive()
            yield chunk


def scan_files(ctx: Context, head: Transfer, *, alive: Callable[[], None]) -> set[str]:
    """The verdicts over all files: those of ports/scanner.py, and ``broken``. Calls ``alive`` at every chunk. Raises StoreAway."""
    if head.transfer_class is TransferClass.SEALED:
        return _mark_unscannable(ctx, head)
    managed = head.transfer_class is TransferClass.MANAGED
    key = open_transfer_key(ctx, head.tenant, head.id) if managed else None
    kinds: set[str] = set()
    judged: list[FilePage] = []
    size = 0
    for page in iterate_file_pages(ctx.records, head):
        scanned = _scanned(ctx, head, page, _Reading(key, alive))
        kinds |= {entry.scan for entry in scanned.entries}
        if scanned is not page:
            judged.append(scanned)
            size += sum(entry.size or 0 for entry in page.entries)
        if len(judged) == _PAGES_A_WRITE or size >= _BYTES_A_WRITE:
            judged, size = _written(ctx, head, judged)
    _written(ctx, head, judged)
    return kinds


def _written(ctx: Context, head: Transfer, pages: Sequence[FilePage]) -> tuple[list[FilePage], int]:
    """Keep the verdicts; gives what waits for the next write."""
    if pages:
        ctx.records.transact([file_page_put(head, page) for page in pages])
    return [], 0


def _mark_unscannable(ctx: Context, head: Transfer) -> set[str]:
    """No server can read a sealed transfer, and its files say so."""
    for page in iterate_file_pages(ctx.records, head):
        if any(entry.scan != "unscannable" for entry in page.entries):
            entries = tuple(replace(entry, scan="unscannable") for entry in page.entries)
            ctx.records.transact([file_page_put(head, replace(page, entries=entries))])
    return {"unscannable"}


def _scanned(ctx: Context, head: Transfer, page: FilePage, reading: _Reading) -> FilePage:
    """The page with the verdicts of all its files; itself where there was nothing left to scan."""
    waiting = [entry for entry in page.entries if entry.scan == "pending"]
    if not waiting:
        return page
    blobs = get_blobs(ctx.records, head, [entry.blob for entry in waiting])
    return page.with_entries({e.id: e.changed(scan=_scan(ctx, head, e, blobs[e.blob], reading)) for e in waiting})


def _scan(ctx: Context, head: Transfer, entry: FileEntry, blob: BlobEntry, reading: _Reading) -> str:
    try:
        verdict = ctx.scanner.scan(_plaintext(ctx, head, entry, blob, reading), size=entry.size or 0)
    except FormatError:
        return BROKEN
    return verdict.kind


def _plaintext(ctx: Context, head: Transfer, entry: FileEntry, blob: BlobEntry, reading: _Reading) -> Iterator[bytes]:
    """Nothing is opened before the scanner asks for the first bytes: many files are small, and some scanners read none."""
    length = entry.length or 0
    ref = BlobRef(head.tenant, head.id, blob.id)
    chunks = reading.watched(ctx.blobs.read(ref, blob.stored_version or "", offset=entry.offset, length=length))
    if reading.key is None:
        yield from chunks
        return
    yield from opened_chunks(
        chunks,
        key=file_key(reading.key, entry.id),
        aad=associated_data(head.id, entry.id),
        ciphertext_size=length,
    )
