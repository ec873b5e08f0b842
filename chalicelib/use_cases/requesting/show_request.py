"""File requests of their owner: one, and closing one."""

from dataclasses import dataclass

from chalicelib.domain.file_request import FileRequest, RequestState, close, require_request_owner
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.stores.index_store import open_request_delete
from chalicelib.stores.recipients_store import get_recipients, get_states
from chalicelib.stores.request_store import get_request, request_put, request_written
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.requesting.create_request import open_url


@dataclass(frozen=True)
class RequestView:
    """``url`` is the open link's, for the owner while the request is open."""

    request: FileRequest
    recipients: tuple[tuple[RecipientEntry, RecipientState], ...]
    url: str | None


def show_request(ctx: Context, principal: Principal, request: str) -> RequestView:
    """One file request. Raises NotFound for anybody but its owner and admins."""
    found = _own(ctx, principal, request)
    entries = get_recipients(ctx.records, found.tenant, found.id) if found.recipients else []
    states = get_states(ctx.records, found.tenant, found.id, [one.id for one in entries])
    url = open_url(ctx, get_tenant(ctx.records, found.tenant), found) if found.owner == principal.id else None
    return RequestView(found, tuple((one, states[one.id]) for one in entries), url)


def close_request(ctx: Context, principal: Principal, request: str) -> FileRequest:
    """The closed request; its links lead nowhere from this write on. An upload that was begun may still be finished. Closing twice is no error.

    read head --> [ head closed + line out of the open ones + event ]; a guest creating at the same moment meets the head's version: Conflict, then gone.
    """

    def attempt() -> FileRequest:
        found = _own(ctx, principal, request)
        closed = close(found, now=ctx.clock.now_ms(), reason="closed")
        if closed == found:
            return found
        event = make_event(
            ctx,
            type="request.closed.v1",
            tenant=found.tenant,
            subject=found.id,
            sequence=found.version + 1,
            actor=principal.id,
            data={"reason": "closed"},
        )
        ctx.records.transact([request_put(closed), open_request_delete(closed)], [event])
        return request_written(closed)

    return until_written(attempt)


def shown_state(request: FileRequest, now: int) -> tuple[str, str | None]:
    """State and reason as shown: one whose time has come is closed, without anybody having written so."""
    if request.state is RequestState.OPEN and now >= request.expires_at:
        return str(RequestState.CLOSED), "expired"
    return str(request.state), request.reason


def _own(ctx: Context, principal: Principal, request: str) -> FileRequest:
    principal.require_member()
    found = get_request(ctx.records, principal.tenant, request)
    if "admin" not in principal.roles:
        require_request_owner(found, principal.id)
    return found
