"""What happened and what can be proved: events, audit, certificates, receipts."""

from collections.abc import AsyncIterator
from typing import Any

from fumibako.decoding import decoded, items_in
from fumibako.results import AuditEntry, Event
from fumibako.verbs.core import Core, id_in_path, pages

_BASE = "/transfers/v1/transfers"
_PAUSE = 2.0


async def events(core: Core, after: str | None = None, *, follow: bool = False) -> AsyncIterator[Event]:
    """The events of the past 30 days behind a cursor, in the order in which they came in; with ``follow`` those to come too."""
    while True:
        page = await core.account.get("/reporting/v1/events", after=after, limit=200)
        items = items_in(page)
        for one in items:
            yield decoded(Event, one)
        if not items:
            if not follow:
                return
            await core.line.pause(_PAUSE)
        after = page["next"]


async def audit(
    core: Core,
    *,
    since: str | None = None,
    until: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> AsyncIterator[AuditEntry]:
    """Entries of the audit chain, newest first. ``since`` and ``until`` are times of RFC 3339; ``until`` is not included."""
    query = {"to": until, "subject": subject, "actor": actor, "action": action, "limit": 200}
    async for one in pages(core, "/reporting/v1/audit", **{"from": since, **query}):
        yield decoded(AuditEntry, one)


async def certificate(core: Core, transfer: str, *, recoverable_past: bool = False) -> dict[str, Any]:
    """The signed certificate of deletion, as ``verify`` takes it; ``recoverable_past``: the second statement, of backups."""
    statement = "recoverable-past" if recoverable_past else None
    return dict(await core.account.get(f"{_BASE}/{id_in_path(transfer, 'tr')}/certificate", statement=statement))


async def receipt(core: Core, transfer: str) -> dict[str, Any]:
    """The signed receipt of an upload to a file request, as ``verify`` takes it."""
    return dict(await core.account.get(f"{_BASE}/{id_in_path(transfer, 'tr')}/receipt"))
