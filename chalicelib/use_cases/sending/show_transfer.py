"""One transfer, and its files, for whoever may see them: owner, uploader, overseers, recipients."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry, RecipientState, same_address_key
from chalicelib.domain.transfer import Transfer, TransferClass, effective
from chalicelib.domain.transfer_access import OVERSEERS, require_viewer
from chalicelib.stores.blobs_store import get_blobs, get_plans
from chalicelib.stores.files_store import list_files
from chalicelib.stores.recipients_store import get_recipients, get_states
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.ending.recipients_after import read_recipients
from chalicelib.use_cases.sending.answer_create import key_of
from chalicelib.use_cases.sending.senders import member_address
from fumibako_format.keys import file_key
from fumibako_format.record import open_record

RECIPIENTS_SHOWN = 100


@dataclass(frozen=True)
class TransferView:
    """``inside`` tells that the viewer may see version, hold and send time; a recipient sees itself alone among the recipients."""

    head: Transfer
    inside: bool
    recipients: tuple[tuple[RecipientEntry, RecipientState], ...] = ()
    recipients_next: str | None = None


def show_transfer(ctx: Context, principal: Principal, transfer: str, *, cursor: str | None = None) -> TransferView:
    """The transfer as it stands now, an expired one as closed. ``cursor`` continues the recipients. Raises NotFound, Refused("gone")."""
    now = ctx.clock.now_ms()
    head = get_transfer(ctx.records, principal.tenant, transfer)
    mine = viewer_entries(ctx, principal, head)
    require_viewer(head, principal, now, addressed=bool(mine))
    head = effective(head, now)
    if not is_inside(principal, head):
        return TransferView(head, inside=False, recipients=_with_states(ctx, head, mine))
    entries = read_recipients(ctx, head)
    start = _place(cursor)
    shown = entries[start : start + RECIPIENTS_SHOWN]
    more = str(start + RECIPIENTS_SHOWN) if len(entries) > start + RECIPIENTS_SHOWN else None
    return TransferView(head, inside=True, recipients=_with_states(ctx, head, shown), recipients_next=more)


def show_own(ctx: Context, principal: Principal, head: Transfer) -> TransferView:
    """A transfer that the caller just changed and may see. ``head`` is what was written."""
    entries = read_recipients(ctx, head) if is_inside(principal, head) else []
    more = str(RECIPIENTS_SHOWN) if len(entries) > RECIPIENTS_SHOWN else None
    shown = _with_states(ctx, head, entries[:RECIPIENTS_SHOWN])
    return TransferView(head, inside=is_inside(principal, head), recipients=shown, recipients_next=more)


@dataclass(frozen=True)
class FilePageView:
    """``names`` by file id: opened from the records for members who may see them; recipients open the records themselves."""

    files: Sequence[FileEntry]
    blobs: dict[str, BlobEntry]
    names: dict[str, str]
    cursor: str | None


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
    return FilePageView(shown, blobs, _names(ctx, head, shown), after)


def viewer_entries(ctx: Context, principal: Principal, head: Transfer) -> list[RecipientEntry]:
    """The recipients that the caller is: a guest by id, a member by address."""
    if principal.kind == "guest":
        return [one for one in _entries(ctx, head) if one.id == principal.id]
    if principal.id == head.owner:
        # Who asked for files is their recipient; a sender may have addressed themselves.
        return []
    address = member_address(ctx, principal)
    if not address:
        return []
    return [one for one in _entries(ctx, head) if same_address_key(one.email) == same_address_key(address)]


def is_inside(principal: Principal, head: Transfer) -> bool:
    """Owner and overseers."""
    return principal.kind != "guest" and (principal.id == head.owner or bool(principal.roles & OVERSEERS))


def _entries(ctx: Context, head: Transfer) -> list[RecipientEntry]:
    return get_recipients(ctx.records, head.tenant, head.id) if head.recipients else []


def _with_states(
    ctx: Context, head: Transfer, entries: Sequence[RecipientEntry]
) -> tuple[tuple[RecipientEntry, RecipientState], ...]:
    states = get_states(ctx.records, head.tenant, head.id, [one.id for one in entries])
    return tuple((one, states[one.id]) for one in entries)


def _names(ctx: Context, head: Transfer, files: Sequence[FileEntry]) -> dict[str, str]:
    if head.transfer_class is TransferClass.PLAIN:
        return {one.id: one.name for one in files if one.name is not None}
    if head.transfer_class is TransferClass.SEALED:
        return {}
    try:
        key = key_of(ctx, head)
    except NotFound:  # recalled at this moment
        key = None
    if key is None:
        return {}
    return {
        one.id: open_record(one.record, file_key=file_key(key, one.id), file_id=one.id).name
        for one in files
        if one.record is not None
    }


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 4):
        raise Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")
    return int(cursor)
