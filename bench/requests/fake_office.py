"""The transfers service over the fakes of the ports: one tenant, one signed-in admin, one transfer."""

import time
from dataclasses import dataclass
from typing import Any

from chalicelib.adapters.system_clock import SystemClock
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.tenant import with_settings
from chalicelib.ports.record_store import ANY
from chalicelib.stores.tenant_store import put_ops
from onprem.runtime.proxy_event import HTTPRequest, authorizer_event
from tests.fakes.clock import FakeClock
from tests.fakes.context import FakeContext
from tests.service.auth.office import Office
from tests.service.transfers.desk import Desk


@dataclass(frozen=True)
class OpenOffice:
    """``authorizer`` is the context that API Gateway hands to the view."""

    app: FumibakoApp
    transfer: str
    authorizer: dict[str, str]


def open_office() -> OpenOffice:
    """Its clock is the host's, and its rates are out of the way."""
    ctx = FakeContext(clock=FakeClock(time.time_ns() // 1_000_000))
    office = Office(ctx)
    rich = with_settings(office.tenant, requests_per_minute=1_000_000)
    ctx.records.transact(put_ops(rich, expect=ANY, former=office.tenant))
    desk = Desk(office)
    made = desk.create({"report.pdf": b"x" * 1_000})
    if made.status != 201:
        raise RuntimeError(made.body)
    ctx.clock = SystemClock(ctx.records)  # type: ignore[assignment]  # a clock that moves
    return OpenOffice(desk.gateway.app, made.body["id"], _authorizer(desk))


def _authorizer(desk: Desk) -> dict[str, str]:
    """What the service's own authorizer answers."""
    signed_in: Any = desk.gateway.app.routes["/v1/transfers"]["GET"].authorizer
    request = HTTPRequest("GET", "/transfers", "/v1/transfers", "", (), b"", "203.0.113.7", "request-0001")
    policy = signed_in(authorizer_event(request, f"Bearer {desk.token}"), {})
    return {**policy["context"], "principalId": policy["principalId"]}
