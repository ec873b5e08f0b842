"""Files of a download session arrived whole; the session ends when all of it did.

A: read session (v2) ---- write arrived {f1} ---- done (v3)
B: read session (v2) ---------- write arrived {f2}: Conflict -> read v3, write {f1, f2}: the session ends here, once
"""

from dataclasses import replace
from typing import Literal

from chalicelib.domain.download import DownloadSession, with_arrived
from chalicelib.domain.errors import NotFound
from chalicelib.domain.events import Event
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientState
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import Reason, State, Transfer
from chalicelib.ports.record_store import Operation
from chalicelib.stores.download_store import get_session, session_put
from chalicelib.stores.files_store import get_files
from chalicelib.stores.recipients_store import get_recipient, get_state, state_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.receiving.close_exhausted import close_exhausted
from chalicelib.use_cases.receiving.taker import open_transfer_for, taker_of
from chalicelib.use_cases.telling.sender_mail import owner_mail

# Who says that files arrived: a program that verified them, or the server that sent them.
ToldBy = Literal["reader", "server"]


def complete_download(
    ctx: Context, principal: Principal, *, transfer: str, session: str, files: tuple[str, ...] = ()
) -> None:
    """Note what arrived; doing so again changes nothing. Raises NotFound, Refused("gone")."""

    def act() -> bool:
        head = get_transfer(ctx.records, principal.tenant, transfer)
        taker = taker_of(ctx, principal, head)
        if not (head.state is State.CLOSED and head.reason is Reason.EXHAUSTED):
            head, taker = open_transfer_for(ctx, principal, transfer)
        before = get_session(ctx.records, head.tenant, head.id, session)
        if before.taker != taker.id:
            raise NotFound
        return _complete(ctx, head, before, files, told_by="reader")

    if until_written(act):
        close_exhausted(ctx, principal.tenant, transfer)


def complete_sent(ctx: Context, *, tenant: str, transfer: str, session: str, files: tuple[str, ...]) -> None:
    """The server sent these files whole by a compatible download: all it can know, since no program of ours is at the other end.

    After the transfer's end there is nothing to tell any more.
    """

    def act() -> bool:
        head = get_transfer(ctx.records, tenant, transfer)
        if head.state is not State.READY:
            return False
        return _complete(ctx, head, get_session(ctx.records, tenant, transfer, session), files, told_by="server")

    if until_written(act):
        close_exhausted(ctx, tenant, transfer)


def _complete(
    ctx: Context, head: Transfer, before: DownloadSession, files: tuple[str, ...], *, told_by: ToldBy
) -> bool:
    """Whether the session ended, now or before."""
    after = with_arrived(before, files, now=ctx.clock.now_ms())
    if after == before:
        return before.ended_at is not None
    operations: list[Operation] = [*session_put(head.tenant, after)]
    events: list[Event] = []
    if after.ended_at is not None:
        events.append(_completed(ctx, head, after, told_by))
        if after.counted:
            operations += _downloaded(get_state(ctx.records, head.tenant, head.id, after.taker), head)
    ctx.records.transact(operations, events)
    return after.ended_at is not None


def _downloaded(state: RecipientState, head: Transfer) -> list[Operation]:
    if state.state in ("downloaded", "exhausted"):
        return []
    return [state_put(head.tenant, head.id, replace(state, state="downloaded"))]


def _completed(ctx: Context, head: Transfer, session: DownloadSession, told_by: ToldBy) -> Event:
    size = session.bytes
    if size is None:
        size = sum(entry.size or 0 for entry in get_files(ctx.records, head, list(session.files)))
    notify = None
    if session.counted:
        tenant = get_tenant(ctx.records, head.tenant)
        owner = owner_mail(ctx, tenant, head)
        who = get_recipient(ctx.records, head.tenant, head.id, session.taker)
        notify = {
            "to": owner.to,
            "name": owner.name,
            "language": owner.language,
            "who": who.name or who.email,
            "title": head.title,
            "files": len(session.files),
            "bytes": size,
            "at": rfc3339(session.ended_at or session.last_used_at),
        }
    return make_event(
        ctx,
        type="download.completed.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version,
        actor=session.taker,
        data={
            "recipient": session.taker,
            "session": session.id,
            "files": len(session.files),
            "bytes": size,
            "told_by": told_by,
        },
        notify=notify,
    )
