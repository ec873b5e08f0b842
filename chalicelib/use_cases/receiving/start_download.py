"""Begin a download session: count each file once, and give URLs and keys.

    A: read counts (v3) ---- write counts, session, event ---- URLs
    B: read counts (v3) ----------- write: Conflict -> read v4: nothing left -> Refused("downloads_spent")

Counters, the recipient's state, the session and the event are one transaction. The head is written only when a recipient becomes, or
stops being, the one who used up every file: a download never fights a PATCH otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.download import MAX_FILES, Count, DownloadSession, count_once, on_loan, spent
from chalicelib.domain.errors import FieldProblem, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.files import FileEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientStage, RecipientState
from chalicelib.domain.transfer import Transfer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.download_store import (
    CountPage,
    count_put,
    get_counts,
    get_sessions,
    page_of,
    session_put,
)
from chalicelib.stores.files_store import get_files, list_files
from chalicelib.stores.idempotency_store import Made, Once, made_before, once_puts
from chalicelib.stores.recipients_store import get_state, state_put
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.receiving.download_links import OpenedDownload, opened_files
from chalicelib.use_cases.receiving.renew_download import renew_download
from chalicelib.use_cases.receiving.taker import Taker, open_transfer_for


@dataclass(frozen=True)
class StartDownload:
    """``files``: up to 500 fi_ ids; none stands for those from ``cursor`` on that can be had, of 500. ``network`` is kept for the audit alone."""

    transfer: str
    files: tuple[str, ...] = ()
    cursor: str | None = None
    network: str | None = None
    once: Once | None = None


@dataclass(frozen=True)
class _Chosen:
    """The files of one session with the counter pages as they will be, and how many of all files are then used up."""

    files: tuple[FileEntry, ...]
    pages: tuple[CountPage, ...]
    new_downloads: int
    used_up: int


def start_download(ctx: Context, principal: Principal, command: StartDownload) -> OpenedDownload:
    """A new session. The same Idempotency-Key gives the same session again.

    Raises NotFound, Refused("gone"), ("downloads_spent"), ("too_many_files"), ("state_wrong"), ("cursor_invalid"), ("idempotency_key_reused").
    """
    if len(command.files) > MAX_FILES:
        raise Refused("too_many_files", f"A download session holds at most {MAX_FILES} files.")
    return until_written(lambda: _start(ctx, principal, command))


def _start(ctx: Context, principal: Principal, command: StartDownload) -> OpenedDownload:
    made = made_before(ctx.records, command.once, ctx.clock.now_ms())
    head, taker = open_transfer_for(ctx, principal, command.transfer)
    entries, following = _entries(ctx, head, command)
    if made is not None:
        opened = renew_download(ctx, principal, transfer=command.transfer, session=made.resource)
        return replace(opened, cursor=following)
    now = ctx.clock.now_ms()
    session_id = ctx.ids.new("dl")
    chosen = _Chosen(tuple(entries), (), 0, 0)
    operations: list[Operation] = []
    if taker.counted:
        chosen = _count(ctx, head, taker, principal.session, entries, session_id, named=bool(command.files))
        operations = _counting(ctx, head, taker, chosen, now=now)
    session = DownloadSession(
        id=session_id,
        transfer=head.id,
        taker=taker.id,
        sign_in=principal.session,
        counted=taker.counted,
        files={entry.id: entry.index for entry in chosen.files},
        started_at=now,
        last_used_at=now,
        bytes=sum(entry.size or 0 for entry in chosen.files),
    )
    answer = opened_files(ctx, head, chosen.files)  # before the write: a refusal here must count nothing
    operations += session_put(head.tenant, session)
    operations += once_puts(ctx.records, command.once, Made(session.id), now)
    ctx.records.transact(operations, [_started(ctx, head, taker, session, chosen.files, command.network)])
    return replace(answer, session=session.id, cursor=following)


def _entries(ctx: Context, head: Transfer, command: StartDownload) -> tuple[list[FileEntry], str | None]:
    """The files, and where those behind them begin. Raises NotFound, Refused("cursor_invalid")."""
    if command.files:
        return get_files(ctx.records, head, list(dict.fromkeys(command.files))), None
    return list_files(ctx.records, head, cursor=command.cursor, limit=MAX_FILES)


def _count(
    ctx: Context,
    head: Transfer,
    taker: Taker,
    sign_in: str,
    entries: Sequence[FileEntry],
    session: str,
    *,
    named: bool,
) -> _Chosen:
    """What counts. Raises Refused("downloads_spent") for a named file with none left, or where nothing is left at all."""
    limit = head.max_downloads
    every_page = range(page_of(max(head.files, 1) - 1) + 1)
    touched = sorted({page_of(entry.index) for entry in entries})
    pages = get_counts(ctx.records, head.tenant, head.id, taker.id, touched if limit is None else every_page)
    held = _loans(ctx, head, entries, pages, sign_in)
    left = [e for e in entries if held[e.id] or not spent(_count_of(pages, e), limit)]
    if not left or (named and len(left) < len(entries)):
        missing = tuple(
            FieldProblem(f"/files/{n}", "downloads_spent", "No download of this file is left.")
            for n, entry in enumerate(entries)
            if named and entry not in left
        )
        raise Refused("downloads_spent", "No download is left for you.", errors=missing)
    changed = {e.index: count_once(_count_of(pages, e), session, loan=held[e.id]) for e in left}
    for number in touched:
        mine = {index: count for index, count in changed.items() if page_of(index) == number}
        pages[number] = pages[number].with_counts(mine)
    used_up = sum(spent(count, limit) for page in pages.values() for count in page.counts.values())
    fresh = sum(not held[entry.id] for entry in left)
    return _Chosen(tuple(left), tuple(pages[number] for number in touched), fresh, used_up)


def _loans(
    ctx: Context, head: Transfer, entries: Sequence[FileEntry], pages: Mapping[int, CountPage], sign_in: str
) -> dict[str, bool]:
    counts = {entry.id: _count_of(pages, entry) for entry in entries}
    by = get_sessions(ctx.records, head.tenant, head.id, {count.session for count in counts.values() if count})
    now = ctx.clock.now_ms()
    return {
        file: count is not None and on_loan(count, file, by, sign_in=sign_in, now=now) for file, count in counts.items()
    }


def _count_of(pages: Mapping[int, CountPage], entry: FileEntry) -> Count | None:
    return pages[page_of(entry.index)].counts.get(entry.index)


def _counting(ctx: Context, head: Transfer, taker: Taker, chosen: _Chosen, *, now: int) -> list[Operation]:
    """Writes of the counters, the recipient's state, and of the head where this recipient's exhaustion changed."""
    before = get_state(ctx.records, head.tenant, head.id, taker.id)
    after = _state_after(head, before, chosen, now=now)
    operations: list[Operation] = [count_put(head.tenant, head.id, page) for page in chosen.pages]
    operations.append(state_put(head.tenant, head.id, after))
    turned = (after.state == "exhausted") - (before.state == "exhausted")
    if turned:
        exhausted = max(0, head.exhausted_recipients + turned)
        operations.append(transfer_put(replace(head, exhausted_recipients=exhausted)))
    return operations


def _state_after(head: Transfer, before: RecipientState, chosen: _Chosen, *, now: int) -> RecipientState:
    state: RecipientStage = before.state if before.state != "exhausted" else "downloaded"
    if state in ("waiting", "invited"):
        state = "opened"
    if head.max_downloads is not None and chosen.used_up >= head.files:
        state = "exhausted"
    return replace(
        before,
        state=state,
        downloads=before.downloads + (chosen.new_downloads > 0),
        exhausted_files=chosen.used_up if head.max_downloads is not None else 0,
        last_download_at=now,
    )


def _started(
    ctx: Context,
    head: Transfer,
    taker: Taker,
    session: DownloadSession,
    files: Sequence[FileEntry],
    network: str | None,
) -> Event:
    personal = {"address": taker.address, "network": network}
    return make_event(
        ctx,
        type="download.started.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version,
        actor=taker.id,
        data={
            "recipient": taker.id,
            "session": session.id,
            "files": len(files),
            "bytes": sum(entry.size or 0 for entry in files),
        },
        personal={name: value for name, value in personal.items() if value is not None},
    )
