"""What a taker gets for each file: a signed URL of its blob's version, where the file lies in it, and the key of a managed file."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.download import url_end
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.files import FileEntry
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.blob_store import BlobRef, SignedUrl
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.wrapped_key_store import open_transfer_key
from chalicelib.use_cases.context import Context
from fumibako_format.keys import file_key


@dataclass(frozen=True)
class OpenedFile:
    """``key`` is the 32-byte file key of a managed file, None for others. ``url`` serves the whole blob; the file is a range of it."""

    entry: FileEntry
    url: SignedUrl
    key: bytes | None
    checksum: str | None


@dataclass(frozen=True)
class OpenedDownload:
    """A download session as it is told; ``expires_at`` is the end of its URLs, ``cursor`` where the files behind its own begin."""

    session: str
    head: Transfer
    expires_at: int
    files: tuple[OpenedFile, ...]
    cursor: str | None = None


def opened_files(ctx: Context, head: Transfer, entries: Sequence[FileEntry]) -> OpenedDownload:
    """URLs and keys for stored files; files of one pack share a URL. The session is the caller's to name.

    Raises Refused("state_wrong") where a file is not stored, Refused("key_gone") where the transfer's key was destroyed.
    """
    tenant = get_tenant(ctx.records, head.tenant)
    end = url_end(ctx.clock.now_ms(), head.expires_at)
    key = _transfer_key(ctx, head) if head.transfer_class is TransferClass.MANAGED else None
    urls: dict[str, SignedUrl] = {}
    blobs = get_blobs(ctx.records, head, [entry.blob for entry in entries])
    for blob in blobs.values():
        if blob.stored_version is None:
            raise Refused("state_wrong", "One of the files is not stored yet.")
        ref = BlobRef(head.tenant, head.id, blob.id)
        urls[blob.id] = ctx.blobs.get_url(ref, blob.stored_version, expires_at=end, base_url=tenant.blob_base_url)
    files = tuple(
        OpenedFile(
            entry=entry,
            url=urls[entry.blob],
            key=None if key is None else file_key(key, entry.id),
            checksum=entry.checksum or (None if entry.packed else blobs[entry.blob].checksum),
        )
        for entry in entries
    )
    return OpenedDownload("", head, end, files)


def _transfer_key(ctx: Context, head: Transfer) -> bytes:
    """A transfer that is still open but whose key is gone can never be read again: that is no 404 to whoever may see it."""
    try:
        return open_transfer_key(ctx, head.tenant, head.id)
    except NotFound as error:
        raise Refused("key_gone", "The key of this transfer was destroyed.") from error
