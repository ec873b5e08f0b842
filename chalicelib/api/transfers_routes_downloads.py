"""Routes of downloads, certificates and receipts."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import Call, Query, Reply, route
from chalicelib.api.transfers_types_downloads import (
    AddressBody,
    DownloadAnswer,
    DownloadedBody,
    DownloadFile,
    FetchAddressAnswer,
    ProofAnswer,
    ProofRoot,
    StartDownloadBody,
)
from chalicelib.api.wire import to_time
from chalicelib.stores.certificate_store import Kind
from chalicelib.stores.idempotency_store import Once
from chalicelib.use_cases.context import Context
from fumibako_format import base64url

if TYPE_CHECKING:
    from chalicelib.use_cases.receiving.download_links import OpenedDownload, OpenedFile


_DOWNLOADS = "/v1/transfers/{transfer}/downloads"
_GONE = ("not_found", "gone")
_STATEMENT = {"statement": Query("Which of the two statements.", values=("deletion", "recoverable-past"))}


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes to the transfers service."""
    _register_downloads(app, context)
    _register_addresses(app, context)
    _register_proofs(app, context)


def _register_downloads(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _DOWNLOADS,
        "POST",
        request=StartDownloadBody,
        responses={201: DownloadAnswer},
        scope="transfers:read",
        summary="Begin or renew a download session",
        creates=True,
        problems=(
            *_GONE,
            "downloads_spent",
            "download_over",
            "too_many_files",
            "state_wrong",
            "cursor_invalid",
            "idempotency_key_reused",
        ),
    )
    def download(call: Call[StartDownloadBody]) -> Reply:
        from chalicelib.use_cases.receiving.renew_download import renew_download
        from chalicelib.use_cases.receiving.start_download import StartDownload, start_download

        transfer, body = call.path["transfer"], call.body
        if body.session is not None:
            opened = renew_download(
                context(), call.principal, transfer=transfer, session=body.session, files=tuple(body.files)
            )
        else:
            network = call.source_ip or None
            command = StartDownload(transfer, tuple(body.files), body.cursor, network=network, once=_once(call))
            opened = start_download(context(), call.principal, command)
        return Reply(_download(opened), 201)

    @route(
        app,
        _DOWNLOADS + "/{session}/complete",
        "POST",
        request=DownloadedBody,
        responses={204: None},
        scope="transfers:read",
        summary="Say that files arrived whole",
        problems=_GONE,
    )
    def downloaded(call: Call[DownloadedBody]) -> Reply:
        from chalicelib.use_cases.receiving.complete_download import complete_download

        complete_download(
            context(),
            call.principal,
            transfer=call.path["transfer"],
            session=call.path["session"],
            files=tuple(call.body.files),
        )
        return Reply(None, 204)


def _register_addresses(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _DOWNLOADS + "/{session}/addresses",
        "POST",
        request=AddressBody,
        responses={201: FetchAddressAnswer},
        scope="transfers:read",
        summary="An address at which the server opens files",
        problems=(
            *_GONE,
            "files_wrong",
            "download_over",
            "sealed_unopenable",
            "compatible_not_allowed",
            "compatible_away",
            "key_gone",
        ),
    )
    def address(call: Call[AddressBody]) -> Reply:
        from chalicelib.use_cases.receiving.issue_fetch_address import issue_fetch_address

        issued = issue_fetch_address(
            context(),
            call.principal,
            transfer=call.path["transfer"],
            session=call.path["session"],
            files=tuple(call.body.files),
        )
        answer = FetchAddressAnswer(
            url=issued.url,
            name=issued.name,
            length=issued.length,
            media_type=issued.media_type,
            expires_at=to_time(issued.expires_at),
        )
        return Reply(answer, 201)


def _register_proofs(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/transfers/{transfer}/certificate",
        "GET",
        responses={200: ProofAnswer},
        scope="transfers:read",
        summary="The signed deletion certificate",
        query=_STATEMENT,
        problems=("not_found", "not_yet_destroyed", "still_recoverable"),
    )
    def certificate(call: Call[None]) -> Reply:
        from chalicelib.use_cases.ending.show_certificate import show_certificate

        kind: Kind = "recoverable-past" if call.query.get("statement") == "recoverable-past" else "deletion"
        return Reply(ProofAnswer(**show_certificate(context(), call.principal, call.path["transfer"], kind=kind)))

    @route(
        app,
        "/v1/transfers/{transfer}/receipt",
        "GET",
        responses={200: ProofAnswer},
        scope="transfers:read",
        summary="The signed receipt of an upload to a file request",
        problems=("not_found", "receipt_not_ready"),
    )
    def receipt(call: Call[None]) -> Reply:
        from chalicelib.use_cases.requesting.issue_receipt import show_receipt

        return Reply(ProofAnswer(**show_receipt(context(), call.principal, call.path["transfer"])))

    @route(
        app,
        "/v1/proof-root",
        "GET",
        responses={200: ProofRoot},
        summary="The fingerprint of the root key behind all certificates",
        problems=("not_found",),
    )
    def proof_root(call: Call[None]) -> Reply:
        from chalicelib.use_cases.key_statement import root_fingerprint

        call.principal.require_member()
        return Reply(ProofRoot(root_fingerprint=root_fingerprint(context())))


def _once(call: Call[StartDownloadBody]) -> Once | None:
    key = call.idempotency_key
    if key is None:
        return None
    who = call.principal
    body_hash = hashlib.sha256(msgspec.json.encode(call.body)).hexdigest()
    return Once(who.tenant, f"POST {_DOWNLOADS} {call.path['transfer']}", who.id, key, body_hash)


def _download(opened: "OpenedDownload") -> DownloadAnswer:
    return DownloadAnswer(
        session=opened.session,
        expires_at=to_time(opened.expires_at),
        scan=str(opened.head.scan),
        files=[_file(one) for one in opened.files],
        next=opened.cursor,
    )


def _file(one: "OpenedFile") -> DownloadFile:
    entry = one.entry
    return DownloadFile(
        id=entry.id,
        size=entry.size or 0,
        url=one.url.url,
        method=one.url.method,
        headers=one.url.headers,
        offset=entry.offset,
        length=entry.length or 0,
        expires_at=to_time(one.url.expires_at),
        record=None if entry.record is None else base64url.encode(entry.record),
        name=entry.name,
        key=None if one.key is None else base64url.encode(one.key),
        checksum=one.checksum,
    )
