"""What a compatible download consists of: its files with their keys, its name, its exact length and its validator.

Nothing of it is stored but the files' ids; it is made anew for each request, and is the same each time, so that a download can go on
where it broke off.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.blob_store import BlobRef
from chalicelib.stores.blobs_store import get_blobs
from chalicelib.stores.files_store import get_files
from chalicelib.stores.wrapped_key_store import open_transfer_key
from chalicelib.use_cases.context import Context
from fumibako_format.errors import FormatError, NameInvalid
from fumibako_format.keys import file_key
from fumibako_format.names import safe_path, safe_paths
from fumibako_format.record import open_record
from fumibako_format.zip_layout import ZipLayout, ZipMember

ONE_FILE: Final = "application/octet-stream"
SEVERAL: Final = "application/zip"
_NAMELESS: Final = "files"


@dataclass(frozen=True)
class PlannedFile:
    """One file: where it lies, and the 32-byte key that opens it (None where it is stored readable)."""

    entry: FileEntry
    ref: BlobRef
    version: str
    key: bytes | None
    path: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of plaintext."""
        return self.entry.size or 0


@dataclass(frozen=True)
class FetchPlan:
    """``layout`` is None for a single file. ``etag`` is strong and quoted (RFC 9110 8.8.3): the same bytes, always."""

    head: Transfer
    files: tuple[PlannedFile, ...]
    layout: ZipLayout | None
    name: str
    media_type: str
    length: int
    etag: str


def fetch_plan(ctx: Context, head: Transfer, ids: Sequence[str]) -> FetchPlan:
    """The plan for these files of a transfer that may be opened, as one file or as a zip of several.

    Raises NotFound, Refused("state_wrong") where a file is not stored, Refused("key_gone") where the transfer's key was destroyed.
    """
    entries = get_files(ctx.records, head, list(ids))
    blobs = get_blobs(ctx.records, head, [entry.blob for entry in entries])
    key = _transfer_key(ctx, head) if head.transfer_class is TransferClass.MANAGED else None
    keys = [None if key is None else file_key(key, entry.id) for entry in entries]
    paths = safe_paths([_name(entry, own) for entry, own in zip(entries, keys, strict=True)])
    files = tuple(
        PlannedFile(entry, BlobRef(head.tenant, head.id, entry.blob), _version(blobs[entry.blob]), own, path)
        for entry, own, path in zip(entries, keys, paths, strict=True)
    )
    if len(files) == 1:
        one = files[0]
        return FetchPlan(head, files, None, one.path[-1], ONE_FILE, one.size, _etag(files))
    members = [ZipMember("/".join(one.path), one.size) for one in files]
    layout = ZipLayout(members, modified=head.ready_at or head.created_at)
    return FetchPlan(head, files, layout, _zip_name(head), SEVERAL, layout.length, _etag(files))


def _name(entry: FileEntry, key: bytes | None) -> str:
    """The name that the sender gave; a record that can't be opened makes no file unreachable."""
    if key is None or entry.record is None:
        return entry.name or f"{_NAMELESS}-{entry.index + 1}"
    try:
        return open_record(entry.record, file_key=key, file_id=entry.id).name
    except FormatError:
        return f"{_NAMELESS}-{entry.index + 1}"


def _zip_name(head: Transfer) -> str:
    """The title where it can be one segment of a path."""
    try:
        segments = safe_path(head.title.strip().replace("/", "_").replace("\\", "_") + ".zip")
    except NameInvalid:
        segments = ()
    return segments[-1] if head.title.strip() and segments else f"{_NAMELESS}.zip"


def _version(blob: BlobEntry) -> str:
    if blob.stored_version is None:
        raise Refused("state_wrong", "One of the files is not stored yet.")
    return blob.stored_version


def _transfer_key(ctx: Context, head: Transfer) -> bytes:
    try:
        return open_transfer_key(ctx, head.tenant, head.id)
    except NotFound as error:
        raise Refused("key_gone", "The key of this transfer was destroyed.") from error


def _etag(files: Sequence[PlannedFile]) -> str:
    """A record may be written anew with another name while its file is open to nobody yet, so the names are in it too."""
    text = "\n".join(f"{one.entry.id} {one.version} {one.size} {'/'.join(one.path)}" for one in files)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
