"""Routes of usage and of the event log."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from dataclasses import asdict

import msgspec

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Query, Reply, route
from chalicelib.api.reporting_types import EventItem, EventPage, UsageItem, UsagePage
from chalicelib.api.wire import to_time
from chalicelib.domain.events import TYPE_PREFIX
from chalicelib.stores.event_log_store import Logged
from chalicelib.use_cases.context import Context

_USAGE = {
    **PAGE,
    "from": Query("The first UTC day, like 2026-01-31."),
    "to": Query("The last UTC day; at most 366 days behind the first."),
    "by": Query("One line a day, or one a day and member.", values=("tenant", "member")),
}
_EVENTS = {"limit": PAGE["limit"], "after": Query("`next` of the page before.")}


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""

    @route(
        app,
        "/v1/usage",
        "GET",
        responses={200: UsagePage},
        scope="audit:read",
        query=_USAGE,
        summary="Transfers, bytes and downloads by day",
        problems=("role_missing", "cursor_invalid"),
    )
    def usage(call: Call[None]) -> Reply:
        from chalicelib.use_cases.reporting.show_usage import show_usage

        lines, cursor = show_usage(
            context(),
            call.principal,
            first=call.query.get("from"),
            last=call.query.get("to"),
            by=call.query.get("by", "tenant"),
            limit=call.limit,
            cursor=call.cursor,
        )
        items = [UsageItem(day=one.day, member=one.member, **asdict(one.usage)) for one in lines]
        return Reply(UsagePage(items=items, next=cursor))

    @route(
        app,
        "/v1/events",
        "GET",
        responses={200: EventPage},
        scope="admin",
        query=_EVENTS,
        summary="Events of the past 30 days in the order in which they came in",
        problems=("role_missing", "cursor_invalid"),
    )
    def events(call: Call[None]) -> Reply:
        from chalicelib.use_cases.reporting.show_events import show_events

        tenant = call.principal.tenant
        found, following = show_events(context(), call.principal, after=call.query.get("after"), limit=call.limit)
        items = [msgspec.structs.replace(cloud_event(tenant, one), cursor=str(one.number)) for one in found]
        return Reply(EventPage(items=items, next=following))


def cloud_event(tenant: str, logged: Logged) -> EventItem:
    """The public form of an event (spec/events.md): never anything sealed."""
    return EventItem(
        specversion="1.0",
        id=logged.id,
        source=f"/tenants/{tenant}",
        type=TYPE_PREFIX + logged.type,
        subject=logged.subject,
        time=to_time(logged.at),
        datacontenttype="application/json",
        tenantid=tenant,
        sequence=logged.sequence,
        data=logged.data,
    )
