"""The files of a transfer for whoever may see them: owner, uploader, recipients."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from chalicelib.domain.errors import NotFound
from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.domain.transfer_access import require_viewer
from chalicelib.stores.blobs_store import get_blobs, get_plans
from chalicelib.stores.files_store import list_files
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.receiving.downloads_left import downloads_left
from chalicelib.use_cases.sending.answer_create import key_of
from chalicelib.use_cases.sending.show_transfer import viewer_entries
from fumibako_format.errors import FormatError
from fumibako_format.keys import file_key
from fumibako_format.record import open_record


@dataclass(frozen=True)
class FilePageView:
    """``names`` and ``media_types`` by file id, of managed and plain files: what the server knows since create.

    For a recipient they are told before anything is fetched, and are only as good as the server's word: the record, once opened with the file's
    key, is what the sender sealed. ``left`` by file id: a recipient's downloads where they are limited.
    """

    files: Sequence[FileEntry]
    blobs: dict[str, BlobEntry]
    names: dict[str, str]
    media_types: dict[str, str]
    cursor: str | None
    left: dict[str, int] = field(default_factory=dict)


def show_files(ctx: Context, principal: Principal, transfer: str, *, cursor: str | None, limit: int) -> FilePageView:
    """A page of files. A recipient sees stored ones. Raises NotFound, Refused("gone"), ("cursor_invalid")."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    mine = viewer_entries(ctx, principal, head)
    require_viewer(head, principal, ctx.clock.now_ms(), addressed=bool(mine))
    own = principal.id in (head.owner, head.uploader)
    if not own and not mine:
        raise NotFound  # overseers see that something was sent, never what it is called
    files, after = list_files(ctx.records, head, cursor=cursor, limit=limit)
    shown = [one for one in files if own or one.stored]
    blobs = get_plans(ctx.records, head, [one.blob for one in shown])
    blobs |= get_blobs(ctx.records, head, [one.id for one in blobs.values() if one.size is None])
    told = _told(ctx, head, shown)
    names = {file: name for file, (name, _) in told.items()}
    kinds = {file: kind for file, (_, kind) in told.items() if kind}
    left = {} if own else downloads_left(ctx, head, shown, taker=mine[0].id, sign_in=principal.session)
    return FilePageView(shown, blobs, names, kinds, after, left)


def _told(ctx: Context, head: Transfer, files: Sequence[FileEntry]) -> dict[str, tuple[str, str]]:
    """Name and media type by file id; a record that does not open leaves its file nameless."""
    if head.transfer_class is TransferClass.PLAIN:
        return {one.id: (one.name, one.media_type) for one in files if one.name is not None}
    if head.transfer_class is TransferClass.SEALED:
        return {}
    try:
        key = key_of(ctx, head)
    except NotFound:  # recalled at this moment
        key = None
    if key is None:
        return {}
    found = {}
    for one in files:
        if one.record is None:
            continue
        with suppress(FormatError):
            record = open_record(one.record, file_key=file_key(key, one.id), file_id=one.id)
            found[one.id] = (record.name, record.media_type)
    return found
