"""Routes of the audit chain."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Query, Reply, route
from chalicelib.api.reporting_types import (
    AuditCheck,
    AuditExport,
    AuditItem,
    AuditPage,
    EraseBody,
    Erased,
    RootItem,
    RootPage,
)
from chalicelib.api.wire import from_time, to_time
from chalicelib.domain.audit import Wanted
from chalicelib.stores.audit_store import Root
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.reporting.show_audit import AuditLine


_BLOCK = Query("The first block.", kind="integer", low=1, high=10**12 - 1)
_FILTERS = {
    "from": Query("Entries at this time or later (RFC 3339)."),
    "to": Query("Entries before this time."),
    "subject": Query("Entries about this id."),
    "actor": Query("Entries of who acted."),
    "action": Query("Entries of one kind, like transfer.created."),
}


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""
    _reading(app, context)
    _proving(app, context)
    _erasing(app, context)


def _reading(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/audit",
        "GET",
        responses={200: AuditPage},
        scope="audit:read",
        query={**PAGE, **_FILTERS},
        summary="What was done, by whom, to what",
        problems=("role_missing", "cursor_invalid", "time_invalid"),
    )
    def audit(call: Call[None]) -> Reply:
        from chalicelib.use_cases.reporting.show_audit import show_audit

        lines, cursor = show_audit(context(), call.principal, _wanted(call), limit=call.limit, cursor=call.cursor)
        return Reply(AuditPage(items=[_line(one) for one in lines], next=cursor))

    @route(
        app,
        "/v1/audit/roots",
        "GET",
        responses={200: RootPage},
        scope="audit:read",
        query=PAGE,
        summary="Signed roots of the audit chain",
        problems=("role_missing", "cursor_invalid"),
    )
    def audit_roots(call: Call[None]) -> Reply:
        from chalicelib.use_cases.reporting.export_audit import show_roots

        roots, cursor = show_roots(context(), call.principal, limit=call.limit, cursor=call.cursor)
        return Reply(RootPage(items=[_root(one) for one in roots], next=cursor))


def _proving(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/audit/export",
        "GET",
        responses={200: AuditExport},
        scope="audit:read",
        query={"cursor": PAGE["cursor"], "from_block": _BLOCK},
        summary="Blocks and signed roots for fumibako verify",
        problems=("role_missing", "cursor_invalid", "audit_broken"),
    )
    def audit_export(call: Call[None]) -> Reply:
        from chalicelib.use_cases.reporting.export_audit import export_audit

        from_block = int(call.query.get("from_block", 1))
        part = export_audit(context(), call.principal, from_block=from_block, cursor=call.cursor)
        return Reply(AuditExport(blocks=part.blocks, roots=part.roots, next=part.cursor))

    @route(
        app,
        "/v1/audit/check",
        "GET",
        responses={200: AuditCheck},
        scope="audit:read",
        query={"from_block": _BLOCK},
        summary="Whether the audit chain holds, 50 blocks at a time",
        problems=("role_missing", "audit_broken"),
    )
    def audit_check(call: Call[None]) -> Reply:
        from chalicelib.use_cases.reporting.check_audit import check_audit

        held = check_audit(context(), call.principal, from_block=int(call.query.get("from_block", 1)))
        return Reply(
            AuditCheck(
                first=held.first,
                last=held.last,
                entries=held.entries,
                next=held.next,
                signed_through=held.signed_through,
            )
        )


def _erasing(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/audit/erase-personal",
        "POST",
        request=EraseBody,
        responses={200: Erased},
        scope="admin",
        summary="Erase addresses and networks from the audit record; the chain stays whole",
        problems=("role_missing", "cursor_invalid", "time_invalid"),
    )
    def audit_erase_personal(call: Call[EraseBody]) -> Reply:
        from chalicelib.use_cases.reporting.erase_personal import ErasePersonal, erase_personal

        body = call.body
        before = None if body.before is None else from_time(body.before, "/before")
        command = ErasePersonal(subject=body.subject, actor=body.actor, before=before)
        erased, cursor = erase_personal(context(), call.principal, command, cursor=body.cursor)
        return Reply(Erased(erased=erased, next=cursor))


def _wanted(call: Call[None]) -> Wanted:
    times = {name: call.query.get(name) for name in ("from", "to")}
    since, until = (None if text is None else to_time(from_time(text, f"/{name}")) for name, text in times.items())
    named = {name: call.query.get(name) for name in ("subject", "actor", "action")}
    return Wanted(since=since, until=until, **named)


def _line(line: "AuditLine") -> AuditItem:
    entry = line.entry
    return AuditItem(
        id=entry["id"],
        at=entry["at"],
        sequence=line.block,
        actor=entry["actor"],
        action=entry["action"],
        subject=entry["subject"],
        data=entry["data"],
        commitments=entry["commitments"],
        personal=line.personal,
    )


def _root(root: Root) -> RootItem:
    return RootItem(
        sequence=root.sequence,
        day=root.day,
        hash=root.hash,
        signed_at=to_time(root.signed_at),
        document=root.document,
    )
