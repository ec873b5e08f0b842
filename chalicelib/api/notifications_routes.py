"""Routes of notifications: what was mailed, without any address."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable

from msgspec import Struct

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Reply, route
from chalicelib.api.wire import to_time
from chalicelib.use_cases.context import Context


class DeliveryItem(Struct, kw_only=True):
    """One mail: its event, kind and how it went."""

    id: str
    event: str
    kind: str
    state: str
    attempts: int
    last_attempt_at: str


class DeliveryPage(Struct, kw_only=True):
    """A page of deliveries, newest first."""

    items: list[DeliveryItem]
    next: str | None


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes."""

    @route(
        app,
        "/v1/deliveries",
        "GET",
        responses={200: DeliveryPage},
        scope="admin",
        query=PAGE,
        summary="Mails that were sent, or could not be",
        problems=("role_missing", "cursor_invalid"),
    )
    def deliveries(call: Call[None]) -> Reply:
        from chalicelib.use_cases.telling.show_deliveries import show_deliveries

        found, cursor = show_deliveries(context(), call.principal, limit=call.limit, cursor=call.cursor)
        items = [
            DeliveryItem(
                id=f"{one.event}.{one.number}",
                event=one.event,
                kind=one.kind,
                state=one.state,
                attempts=one.attempts,
                last_attempt_at=to_time(one.at),
            )
            for one in found
        ]
        return Reply(DeliveryPage(items=items, next=cursor))

    @route(
        app,
        "/v1/deliveries/replay",
        "POST",
        responses={202: None},
        scope="admin",
        summary="Put mails that failed for good back on their way",
        problems=("role_missing",),
    )
    def replay(call: Call[None]) -> Reply:
        from chalicelib.use_cases.telling.show_deliveries import replay_deliveries

        replay_deliveries(context(), call.principal)
        return Reply(status=202)
