"""The statement of a destroyed transfer, always the same for the same head and file pages: it can be made again years later."""

from typing import Any

from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Transfer
from chalicelib.stores.blobs_store import iterate_blobs
from chalicelib.stores.files_store import iterate_file_pages
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from fumibako_format.proofs import deletion_statement


def file_lines(ctx: Context, head: Transfer, *, versions: bool) -> list[dict[str, Any]]:
    """Id, ciphertext length and checksum of each file, with the store's version where asked for. A pack's checksum is not a file's."""
    blobs = {blob.id: blob for blob in iterate_blobs(ctx.records, head)}
    return [
        _line(entry, blobs.get(entry.blob), versions=versions)
        for page in iterate_file_pages(ctx.records, head)
        for entry in page.entries
    ]


def _line(entry: FileEntry, blob: BlobEntry | None, *, versions: bool) -> dict[str, Any]:
    of_store = None if blob is None or entry.packed else blob.checksum
    line = {"id": entry.id, "ciphertext_size": entry.length or 0, "checksum": entry.checksum or of_store}
    return line | {"store_version": blob.stored_version if blob else None} if versions else line


def statement_of(ctx: Context, head: Transfer) -> dict[str, Any]:
    """The statement of a head that is destroyed (or about to be written so)."""
    if head.destroyed_at is None or head.verified_absent_at is None or head.backups_until is None:
        raise ValueError("A statement is made of a transfer whose absence was verified.")
    return deletion_statement(
        tenant=head.tenant,
        transfer=head.id,
        transfer_class=str(head.transfer_class),
        reason=str(head.reason),
        files=file_lines(ctx, head, versions=True),
        destroyed_at=rfc3339(head.destroyed_at),
        verified_absent_at=rfc3339(head.verified_absent_at),
        recoverable_until=rfc3339(head.backups_until),
        put_urls_until=rfc3339(head.put_urls_until) if head.put_urls_until else None,
    )


def statement_again(ctx: Context, tenant: str, transfer: str) -> dict[str, Any]:
    """The same from the store. Raises NotFound."""
    return statement_of(ctx, get_transfer(ctx.records, tenant, transfer))
