"""Routes of file requests: create, list, show, close."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Query, Reply, etag, route
from chalicelib.api.requests_types import CreateRequestBody, RequestAnswer, RequestPageAnswer
from chalicelib.api.transfers_read import once_of, recipient_specs, time_or_none
from chalicelib.api.transfers_render import recipient_answer
from chalicelib.api.wire import to_time, to_time_or_none
from chalicelib.domain.file_request import FileRequest
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.transfer import TransferClass
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.requesting.create_request import CreateRequest


_LIST = "/v1/requests"
_ONE = "/v1/requests/{request}"


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes to the transfers service."""
    _register_list(app, context)
    _register_one(app, context)


def _register_list(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _LIST,
        "POST",
        request=CreateRequestBody,
        responses={201: RequestAnswer},
        scope="requests:write",
        summary="Ask for files",
        creates=True,
        problems=(
            "not_found",
            "class_not_allowed",
            "proof_not_allowed",
            "limit_wrong",
            "expiry_past",
            "expiry_too_far",
            "quota_exceeded",
        ),
    )
    def create(call: Call[CreateRequestBody]) -> Reply:
        from chalicelib.use_cases.requesting.create_request import create_request

        command = _command(call)
        made = create_request(context(), call.principal, command)
        answer = _answer(context(), made.request, url=made.url)
        return Reply(
            answer, 201, {"Location": f"/transfers/v1/requests/{made.request.id}", **etag(made.request.version)}
        )

    @route(
        app,
        _LIST,
        "GET",
        responses={200: RequestPageAnswer},
        scope="transfers:read",
        summary="Your file requests, newest first",
        query={**PAGE, "state": Query("Only those in this state.", values=("open", "closed"))},
        problems=("not_found", "cursor_invalid"),
    )
    def listing(call: Call[None]) -> Reply:
        from chalicelib.use_cases.requesting.list_requests import list_requests

        state = call.query.get("state")
        found, after = list_requests(context(), call.principal, cursor=call.cursor, limit=call.limit, state=state)
        return Reply(RequestPageAnswer(items=[_answer(context(), one) for one in found], next=after))


def _register_one(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _ONE,
        "GET",
        responses={200: RequestAnswer},
        scope="transfers:read",
        summary="One file request",
        problems=("not_found",),
    )
    def show(call: Call[None]) -> Reply:
        from chalicelib.use_cases.requesting.show_request import show_request

        view = show_request(context(), call.principal, call.path["request"])
        answer = _answer(context(), view.request, url=view.url, recipients=view.recipients)
        return Reply(answer, 200, etag(view.request.version))

    @route(
        app,
        _ONE,
        "DELETE",
        responses={200: RequestAnswer},
        scope="requests:write",
        summary="Close a file request",
        problems=("not_found",),
    )
    def close(call: Call[None]) -> Reply:
        from chalicelib.use_cases.requesting.show_request import close_request

        closed = close_request(context(), call.principal, call.path["request"])
        return Reply(_answer(context(), closed), 200, etag(closed.version))


def _command(call: Call[CreateRequestBody]) -> "CreateRequest":
    from chalicelib.use_cases.requesting.create_request import CreateRequest

    body = call.body
    return CreateRequest(
        title=body.title,
        message=body.message,
        recipients=recipient_specs(body.recipients),
        domains=tuple(body.domains),
        transfer_class=TransferClass(body.transfer_class),
        max_files=body.max_files,
        max_bytes=body.max_bytes,
        expires_at=time_or_none(body.expires_at, "/expires_at"),
        expires_in_minutes=body.expires_in_minutes,
        proof=body.proof,
        language=body.language,
        once=once_of(call, f"POST {_LIST}"),
    )


def _answer(
    ctx: Context,
    request: FileRequest,
    *,
    url: str | None = None,
    recipients: Sequence[tuple[RecipientEntry, RecipientState]] | None = None,
) -> RequestAnswer:
    from chalicelib.use_cases.requesting.show_request import shown_state

    state, reason = shown_state(request, ctx.clock.now_ms())
    return RequestAnswer(
        id=request.id,
        version=request.version,
        state="open" if state == "open" else "closed",
        title=request.title,
        transfer_class=request.transfer_class.value,
        owner=request.owner,
        created_at=to_time(request.created_at),
        expires_at=to_time(request.expires_at),
        proof=request.proof,
        language=request.language,
        used_files=request.used_files,
        used_bytes=request.used_bytes,
        transfers=request.transfers,
        recipient_count=request.recipients,
        reason=reason,
        message=request.message or None,
        domains=list(request.domains) or None,
        max_files=request.max_files,
        max_bytes=request.max_bytes,
        closed_at=to_time_or_none(request.closed_at),
        url=url,
        recipients=None if recipients is None else [recipient_answer(entry, state) for entry, state in recipients],
    )
