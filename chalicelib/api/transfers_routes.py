"""Routes of transfers: create, list, show, change, recall, links."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Query, Reply, etag, route
from chalicelib.api.transfers_read import create_command, query_text, recipient_specs, states_of, time_or_none
from chalicelib.api.transfers_render import created_answer, transfer_answer
from chalicelib.api.transfers_types import (
    ChangeTransferBody,
    CreatedAnswer,
    CreateTransferBody,
    LinkAnswer,
    LinksAnswer,
    LinksBody,
    TransferAnswer,
    TransferPageAnswer,
)
from chalicelib.domain.transfer import TransferClass
from chalicelib.domain.transfer_access import BOXES
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.sending.show_transfer import TransferView


_LIST = "/v1/transfers"
_ONE = "/v1/transfers/{transfer}"
_FILTERS = {
    **PAGE,
    "box": Query(
        "Sent by you (the default), received by you, or all of the organisation (admins, auditors).", values=BOXES
    ),
    "state": Query("Only those in this state, or in one of several, with commas between them."),
    "class": Query("Only those of this class.", values=tuple(TransferClass)),
    "recipient": Query("Only those for this address."),
    "request": Query(
        "Only those that came by this file request of yours; `box` is `received` then, unless it is given."
    ),
    "q": Query("Words of title, recipients and file names, or the beginning of an id."),
    "from": Query("Created at this time or later (RFC 3339)."),
    "to": Query("Created before this time (RFC 3339)."),
}


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes to the transfers service."""
    _register_list(app, context)
    _register_one(app, context)
    _register_acts(app, context)


def _register_list(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _LIST,
        "POST",
        request=CreateTransferBody,
        responses={201: CreatedAnswer},
        scope="transfers:write",
        summary="Create a transfer",
        creates=True,
        problems=("files_none", "too_many_files", "name_twice", "expiry_past", "quota_exceeded", "quota_full", "gone"),
    )
    def create(call: Call[CreateTransferBody]) -> Reply:
        from chalicelib.use_cases.sending.create_transfer import create_transfer

        created = create_transfer(context(), call.principal, create_command(call))
        answer = created_answer(created, [one.name for one in call.body.files])
        return Reply(
            answer, 201, {"Location": f"/transfers/v1/transfers/{created.head.id}", **etag(created.head.version)}
        )

    @route(
        app,
        _LIST,
        "GET",
        responses={200: TransferPageAnswer},
        scope="transfers:read",
        summary="Transfers, newest first",
        query=_FILTERS,
        problems=("role_missing", "cursor_invalid", "time_invalid"),
    )
    def listing(call: Call[None]) -> Reply:
        from chalicelib.use_cases.sending.list_transfers import Wanted, list_transfers

        transfer_class = call.query.get("class")
        wanted = Wanted(
            box=call.query.get("box", "received" if "request" in call.query else "sent"),
            states=states_of(call.query.get("state")),
            transfer_class=None if transfer_class is None else TransferClass(transfer_class),
            recipient=call.query.get("recipient"),
            request=call.query.get("request"),
            query=query_text(call.query.get("q")),
            since=time_or_none(call.query.get("from"), "/from"),
            until=time_or_none(call.query.get("to"), "/to"),
        )
        page = list_transfers(context(), call.principal, wanted, cursor=call.cursor, limit=call.limit)
        return Reply(TransferPageAnswer(items=[transfer_answer(one) for one in page.items], next=page.cursor))


def _register_one(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _ONE,
        "GET",
        responses={200: TransferAnswer},
        scope="transfers:read",
        summary="One transfer",
        query={"recipients": Query("`recipients_next` of the answer before.")},
        problems=("not_found", "gone"),
    )
    def show(call: Call[None]) -> Reply:
        from chalicelib.use_cases.sending.show_transfer import show_transfer

        cursor = call.query.get("recipients")
        return _reply(show_transfer(context(), call.principal, call.path["transfer"], cursor=cursor))

    @route(
        app,
        _ONE,
        "PATCH",
        request=ChangeTransferBody,
        responses={200: TransferAnswer},
        scope="transfers:write",
        summary="Extend, add recipients, send now",
        if_match=True,
        problems=(
            "not_found",
            "gone",
            "version_changed",
            "expiry_past",
            "expiry_too_far",
            "expiry_twice",
            "state_wrong",
        ),
    )
    def change(call: Call[ChangeTransferBody]) -> Reply:
        from chalicelib.use_cases.sending.change_transfer import ChangeTransfer, change_transfer
        from chalicelib.use_cases.sending.show_transfer import show_own

        body = call.body
        command = ChangeTransfer(
            version=call.if_match,
            expires_at=time_or_none(body.expires_at, "/expires_at"),
            expires_in_minutes=body.expires_in_minutes,
            max_downloads=body.max_downloads,
            add_recipients=recipient_specs(body.add_recipients),
            send_now=body.send_now,
        )
        head = change_transfer(context(), call.principal, call.path["transfer"], command)
        return _reply(show_own(context(), call.principal, head))


def _register_acts(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _ONE,
        "DELETE",
        responses={202: TransferAnswer},
        scope="transfers:write",
        summary="Recall a transfer",
        problems=("not_found", "state_wrong"),
    )
    def recall(call: Call[None]) -> Reply:
        from chalicelib.use_cases.ending.recall_transfer import recall_transfer
        from chalicelib.use_cases.sending.show_transfer import show_own

        head = recall_transfer(context(), call.principal, call.path["transfer"])
        return _reply(show_own(context(), call.principal, head), status=202)

    @route(
        app,
        _ONE + "/links",
        "POST",
        request=LinksBody,
        responses={200: LinksAnswer},
        scope="transfers:write",
        summary="The recipients' links, to pass on by hand",
        problems=("not_found", "gone"),
    )
    def links(call: Call[LinksBody]) -> Reply:
        from chalicelib.use_cases.sending.copy_links import copy_links

        found = copy_links(context(), call.principal, call.path["transfer"], recipient=call.body.recipient)
        return Reply(LinksAnswer(links=[LinkAnswer(recipient=one.recipient, url=one.url) for one in found]))


def _reply(view: "TransferView", *, status: int = 200) -> Reply:
    headers = etag(view.head.version) if view.inside else {}
    return Reply(transfer_answer(view), status, headers)
