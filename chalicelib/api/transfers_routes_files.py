"""Routes of a transfer's files and parts: add, list, sign, name, complete."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Query, Reply, etag, route
from chalicelib.api.transfers_read import binary, file_specs, once_of
from chalicelib.api.transfers_render import files_answer, named_files, transfer_answer, uploads_answer
from chalicelib.api.transfers_types import (
    AddFilesBody,
    CompleteTransferBody,
    FileDoneBody,
    FilePageAnswer,
    FilesAnswer,
    FilesDoneAnswer,
    FilesDoneBody,
    PartsBody,
    StoredPartAnswer,
    StoredPartsAnswer,
    TransferAnswer,
    UploadsAnswer,
)
from chalicelib.domain.errors import refuse_field
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.sending.check_done import FileDone


_ONE = "/v1/transfers/{transfer}"
_GONE = ("not_found", "gone", "state_wrong")


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes to the transfers service."""
    _register_files(app, context)
    _register_parts(app, context)
    _register_complete(app, context)


def _register_files(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _ONE + "/files",
        "POST",
        request=AddFilesBody,
        responses={201: FilesAnswer},
        scope="transfers:write",
        summary="Add further files",
        creates=True,
        problems=(*_GONE, "too_many_files", "name_twice", "quota_full", "request_limit"),
    )
    def add(call: Call[AddFilesBody]) -> Reply:
        from chalicelib.use_cases.sending.add_files import AddFiles, add_files

        transfer = call.path["transfer"]
        once = once_of(call, f"POST {_ONE}/files {transfer}")
        command = AddFiles(file_specs(call.body.files), call.body.more_files, once)
        created = add_files(context(), call.principal, transfer, command)
        files = named_files(created, [one.name for one in call.body.files])
        return Reply(FilesAnswer(files=files, uploads=uploads_answer(created.uploads)), 201)

    @route(
        app,
        _ONE + "/files",
        "GET",
        responses={200: FilePageAnswer},
        scope="transfers:read",
        summary="The files of a transfer",
        query=PAGE,
        problems=("not_found", "gone", "cursor_invalid"),
    )
    def files(call: Call[None]) -> Reply:
        from chalicelib.use_cases.sending.show_files import show_files

        page = show_files(context(), call.principal, call.path["transfer"], cursor=call.cursor, limit=call.limit)
        items = files_answer(page.files, page.blobs, page.names, page.media_types, page.left)
        return Reply(FilePageAnswer(items=items, next=page.cursor))


def _register_parts(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _ONE + "/parts",
        "POST",
        request=PartsBody,
        responses={200: UploadsAnswer},
        scope="transfers:write",
        summary="Sign URLs for parts",
        problems=(
            *_GONE,
            "parts_wrong",
            "part_unknown",
            "part_size_wrong",
            "upload_closed",
            "header_differs",
            "quota_full",
            "request_limit",
        ),
    )
    def sign(call: Call[PartsBody]) -> Reply:
        from chalicelib.use_cases.sending.issue_part_urls import AskedPart, issue_part_urls

        asked = [AskedPart(one.blob, one.part, one.size) for one in call.body.parts]
        headers = {
            one.file: binary(one.header, f"/headers/{n}/header") or b"" for n, one in enumerate(call.body.headers)
        }
        uploads = issue_part_urls(context(), call.principal, call.path["transfer"], asked, headers=headers)
        return Reply(UploadsAnswer(uploads=uploads_answer(uploads)))

    @route(
        app,
        _ONE + "/parts",
        "GET",
        responses={200: StoredPartsAnswer},
        scope="transfers:write",
        summary="What the store holds of a blob",
        query={"blob": Query("The blob's id.")},
        problems=_GONE,
    )
    def held(call: Call[None]) -> Reply:
        from chalicelib.use_cases.sending.list_parts import list_parts

        blob = call.query.get("blob")
        if blob is None:
            raise refuse_field("query_invalid", "/blob", "Name the blob.")
        found = list_parts(context(), call.principal, call.path["transfer"], blob)
        return Reply(
            StoredPartsAnswer(parts=[StoredPartAnswer(part=one.number, size=one.size, etag=one.etag) for one in found])
        )


def _register_complete(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _ONE + "/files/complete",
        "POST",
        request=FilesDoneBody,
        responses={200: FilesDoneAnswer},
        scope="transfers:write",
        summary="Name files that were sent",
        problems=(
            *_GONE,
            "part_missing",
            "part_wrong",
            "record_wrong",
            "name_differs",
            "size_differs",
            "header_differs",
        ),
    )
    def name_files(call: Call[FilesDoneBody]) -> Reply:
        from chalicelib.use_cases.sending.complete_files import complete_files

        done = [_done(n, one) for n, one in enumerate(call.body.files)]
        files, blobs = complete_files(context(), call.principal, call.path["transfer"], done)
        return Reply(FilesDoneAnswer(files=files_answer(files, blobs)))

    @route(
        app,
        _ONE + "/complete",
        "POST",
        request=CompleteTransferBody,
        responses={202: TransferAnswer},
        scope="transfers:write",
        summary="Hand the transfer over for checking",
        problems=("not_found", "gone", "files_missing", "slots_missing", "slots_wrong", "passphrase_auth_missing"),
    )
    def complete(call: Call[CompleteTransferBody]) -> Reply:
        from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
        from chalicelib.use_cases.sending.show_transfer import show_own

        completion = Completion(tuple(call.body.slots), binary(call.body.passphrase_auth, "/passphrase_auth"))
        head = complete_transfer(context(), call.principal, call.path["transfer"], completion)
        view = show_own(context(), call.principal, head)
        return Reply(transfer_answer(view), 202, etag(head.version) if view.inside else {})


def _done(n: int, body: FileDoneBody) -> "FileDone":
    from chalicelib.use_cases.sending.check_done import FileDone

    return FileDone(
        body.id,
        binary(body.record, f"/files/{n}/record"),
        body.size,
        body.checksum,
        binary(body.header, f"/files/{n}/header"),
    )
