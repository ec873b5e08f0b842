"""What tests of reporting share: a register of events that are made by hand, and who may read it."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.audit import Wanted
from chalicelib.domain.events import Event
from chalicelib.domain.principal import Principal
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.reporting.export_audit import export_audit
from chalicelib.use_cases.reporting.form_blocks import form_due_blocks
from chalicelib.use_cases.reporting.on_reporting_event import on_reporting_events
from chalicelib.use_cases.reporting.show_audit import AuditLine, show_audit
from tests.fakes.context import FakeContext
from tests.unit.use_cases.sending import TENANT

ADDRESS = "soto@example.com"


def overseer(role: str = "auditor", tenant: str = TENANT) -> Principal:
    return Principal(tenant, "member", "mb_9", "se_x", frozenset({role}), frozenset({"*"}))  # type: ignore[arg-type]


@dataclass
class Register:
    """``log`` hands events to reporting as one batch, ``form`` is the schedule of a minute."""

    ctx: FakeContext = field(default_factory=FakeContext)

    def event(self, type: str = "transfer.created.v1", *, tenant: str = TENANT, **more: Any) -> Event:  # noqa: A002
        fields = {"subject": "tr_1", "sequence": 1, "actor": "mb_1", "data": {"files": 2}, **more}
        return make_event(self.ctx, type=type, tenant=tenant, **fields)

    def events(self, count: int, **more: Any) -> list[Event]:
        return [self.event(**more) for _ in range(count)]

    def log(self, *events: Event) -> set[str]:
        return on_reporting_events(self.ctx, events)

    def form(self) -> int:
        return form_due_blocks(self.ctx, holder="test")

    def drain(self) -> list[Event]:
        """Reporting hears of its own events too."""
        events = list(self.ctx.records.outbox)
        self.ctx.records.outbox.clear()
        assert self.log(*events) == set()
        return events

    def lines(self, wanted: Wanted | None = None, limit: int = 200) -> list[AuditLine]:
        """Every page of the list."""
        found: list[AuditLine] = []
        cursor: str | None = None
        while True:
            lines, cursor = show_audit(self.ctx, overseer(), wanted or Wanted(), limit=limit, cursor=cursor)
            found += lines
            if cursor is None:
                return found

    def ids(self, wanted: Wanted | None = None, limit: int = 200) -> list[str]:
        return [line.entry["id"] for line in self.lines(wanted, limit)]

    def export(self, from_block: int = 1, tenant: str = TENANT) -> dict[str, list[dict[str, Any]]]:
        """All pages joined, in the form of ``fumibako verify``."""
        document: dict[str, list[dict[str, Any]]] = {"blocks": [], "roots": []}
        cursor: str | None = None
        while True:
            part = export_audit(self.ctx, overseer(tenant=tenant), from_block=from_block, cursor=cursor)
            document["blocks"] += part.blocks
            document["roots"] += part.roots
            cursor = part.cursor
            if cursor is None:
                return document
