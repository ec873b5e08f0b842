"""The statement of a destroyed transfer, always the same for the same head and file pages: it can be made again years later."""

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.domain.files import FileEntry
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Record
from chalicelib.stores.files_store import file_page_from
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.traces import partition
from fumibako_format.proofs import deletion_statement


def file_lines(records: Iterable[Record], *, versions: bool) -> list[dict[str, Any]]:
    """Id, ciphertext length and checksum of each file, with the store's version where asked for. A pack's checksum is not a file's."""
    entries: list[FileEntry] = []
    blobs: dict[str, dict[str, Any]] = {}
    for record in records:
        kind, _, rest = record.key.sk.partition("#")
        if kind == "files":
            entries += file_page_from(record).entries
        elif kind == "blob":
            blobs[rest] = record.body
    return [_line(entry, blobs.get(entry.blob, {}), versions=versions) for entry in entries]


def _line(entry: FileEntry, blob: dict[str, Any], *, versions: bool) -> dict[str, Any]:
    of_store = None if entry.packed else blob.get("checksum")
    line = {"id": entry.id, "ciphertext_size": entry.length or 0, "checksum": entry.checksum or of_store}
    return line | {"store_version": blob.get("stored_version")} if versions else line


def statement_of(head: Transfer, records: Sequence[Record]) -> dict[str, Any]:
    """The statement of a head that is destroyed (or about to be written so); ``records`` are those of its files and blobs."""
    if head.destroyed_at is None or head.verified_absent_at is None or head.backups_until is None:
        raise ValueError("A statement is made of a transfer whose absence was verified.")
    return deletion_statement(
        tenant=head.tenant,
        transfer=head.id,
        transfer_class=str(head.transfer_class),
        reason=str(head.reason),
        files=file_lines(records, versions=True),
        destroyed_at=rfc3339(head.destroyed_at),
        verified_absent_at=rfc3339(head.verified_absent_at),
        recoverable_until=rfc3339(head.backups_until),
        put_urls_until=rfc3339(head.put_urls_until) if head.put_urls_until else None,
    )


def files_and_blobs(ctx: Context, head: Transfer) -> tuple[Record, ...]:
    """The records that a statement is made of."""
    return (
        *partition(ctx, head.tenant, head.id, prefix="files#"),
        *partition(ctx, head.tenant, head.id, prefix="blob#"),
    )


def statement_again(ctx: Context, tenant: str, transfer: str) -> dict[str, Any]:
    """The statement from the store. Raises NotFound."""
    head = get_transfer(ctx.records, tenant, transfer)
    return statement_of(head, files_and_blobs(ctx, head))
