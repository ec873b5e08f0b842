"""Files of a download session arrived whole; the session ends when all of it did.

A: read session (v2) ---- write arrived {f1} ---- done (v3)
B: read session (v2) ---------- write arrived {f2}: Conflict -> read v3, write {f1, f2}: the session ends here, once
"""

from dataclasses import replace

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
from chalicelib.use_cases.receiving.taker import Taker, open_transfer_for, taker_of
from chalicelib.use_cases.telling.sender_mail import owner_mail


def complete_download(
    ctx: Context, principal: Principal, *, transfer: str, session: str, files: tuple[str, ...] = ()
) -> None:
    """Note what arrived; doing so again changes nothing. Raises NotFound, Refused("gone")."""
    ended = until_written(lambda: _complete(ctx, principal, transfer, session, files))
    if ended:
        close_exhausted(ctx, principal.tenant, transfer)


def _complete(ctx: Context, principal: Principal, transfer: str, session: str, files: tuple[str, ...]) -> bool:
    """Whether the session ended, now or before."""
    head = get_transfer(ctx.records, principal.tenant, transfer)
    taker = taker_of(ctx, principal, head)
    if not (head.state is State.CLOSED and head.reason is Reason.EXHAUSTED):
        head, taker = open_transfer_for(ctx, principal, transfer)
    before = get_session(ctx.records, head.tenant, head.id, session)
    if before.taker != taker.id:
        raise NotFound
    after = with_arrived(before, files, now=ctx.clock.now_ms())
    if after == before:
        return before.ended_at is not None
    operations: list[Operation] = [*session_put(head.tenant, after)]
    events: list[Event] = []
    if after.ended_at is not None:
        events.append(_completed(ctx, head, taker, after))
        if taker.counted:
            operations += _downloaded(get_state(ctx.records, head.tenant, head.id, taker.id), head)
    ctx.records.transact(operations, events)
    return after.ended_at is not None


def _downloaded(state: RecipientState, head: Transfer) -> list[Operation]:
    if state.state in ("downloaded", "exhausted"):
        return []
    return [state_put(head.tenant, head.id, replace(state, state="downloaded"))]


def _completed(ctx: Context, head: Transfer, taker: Taker, session: DownloadSession) -> Event:
    entries = get_files(ctx.records, head, list(session.files))
    size = sum(entry.size or 0 for entry in entries)
    notify = None
    if taker.counted:
        tenant = get_tenant(ctx.records, head.tenant)
        owner = owner_mail(ctx, tenant, head)
        who = get_recipient(ctx.records, head.tenant, head.id, taker.id)
        notify = {
            "to": owner.to,
            "name": owner.name,
            "language": owner.language,
            "who": who.name or who.email,
            "title": head.title,
            "files": len(entries),
            "bytes": size,
            "at": rfc3339(session.ended_at or session.last_used_at),
        }
    return make_event(
        ctx,
        type="download.completed.v1",
        tenant=head.tenant,
        subject=head.id,
        sequence=head.version,
        actor=taker.id,
        data={"recipient": taker.id, "session": session.id, "files": len(entries), "bytes": size},
        notify=notify,
    )
