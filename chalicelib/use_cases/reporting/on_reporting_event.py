"""Reporting takes every event: log, audit entry and usage in one transaction for as many events of a tenant as it holds.

    A: read counter n, lines v ---- [seen e1..ek ABSENT, rows n+1..n+k, counter v -> v+1, lines v -> v+1] ----
    B:     read counter n, lines v -------- Conflict: reads again, leaves out what A has seen, numbers the rest behind A's
    [killed before]: nothing is there, the events come again    [killed after]: all is there, the events come again and are seen

Events come at least once and in no order; rows are numbered in the order of arrival, so a reader who has row n never misses a later one.
"""

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby

from chalicelib.domain.audit import MAX_ENTRIES
from chalicelib.domain.errors import Conflict, Refused, StoreAway, StoreFull
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Key
from chalicelib.stores.audit_store import get_audit_head
from chalicelib.stores.event_log_store import get_log_head
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.reporting.append_audit import Appended, append_audit
from chalicelib.use_cases.reporting.form_blocks import form_blocks
from chalicelib.use_cases.reporting.log_run import LONG, SHARED, log_run
from chalicelib.use_cases.reporting.project_usage import usage_lines

_log = logging.getLogger("fumibako.reporting")


def on_reporting_events(ctx: Context, events: Sequence[Event], *, holder: str = "reporting") -> set[str]:
    """Log these events; gives the ids of those that must come again. An event that can't be stored holds up no other."""
    failed: set[str] = set()
    once = {event.id: event for event in events}
    for tenant, of_tenant in groupby(sorted(once.values(), key=_order), key=lambda event: event.tenant):
        ready: list[Appended] = []
        for event in of_tenant:
            try:
                ready.append(append_audit(ctx, event))
            except Exception as error:  # noqa: BLE001  whatever it is, the others go on
                failed |= _failed([event], error)
        if len(ready) >= LONG:  # then what waits is in the way of its block
            _form_when_full(ctx, tenant, holder, 1)
        for together in _packed(ready, ctx.records.batch):
            failed |= _logged(ctx, tenant, together)
        _form_when_full(ctx, tenant, holder, MAX_ENTRIES)
    return failed


def _order(event: Event) -> tuple[str, str]:
    return event.tenant, event.id


def _packed(ready: Sequence[Appended], most: int) -> Iterator[list[Appended]]:
    """Runs of about the same length that fit one transaction with their usage lines, and one block."""
    longest = -(-len(ready) // max(1, -(-len(ready) // MAX_ENTRIES)))
    held: list[Appended] = []
    lines: set[Key] = set()
    size = SHARED
    for one in ready:
        more = set(usage_lines(one.event)) - lines
        if len(held) == longest or size + one.size + len(more) > most:
            yield held
            held, lines, size = [], set(), SHARED
            more = set(usage_lines(one.event))
        held.append(one)
        lines |= more
        size += one.size + len(more)
    if held:
        yield held


def _logged(ctx: Context, tenant: str, together: Sequence[Appended]) -> set[str]:
    """Write a run; where it is refused, each event alone. Gives the ids of those that failed."""
    try:
        log_run(ctx, tenant, together)
    except (Conflict, StoreAway, StoreFull) as error:
        return _failed([one.event for one in together], error)
    except Exception as error:  # noqa: BLE001  one of them can't be stored: find out which
        if len(together) == 1:
            return _failed([together[0].event], error)
        return {failed for one in together for failed in _logged(ctx, tenant, [one])}
    return set()


def _form_when_full(ctx: Context, tenant: str, holder: str, at_least: int) -> None:
    """Form blocks when so many wait; the schedule does the rest, and whatever fails here."""
    try:
        waiting = get_log_head(ctx.records, tenant).count - get_audit_head(ctx.records, tenant).position
        if waiting >= at_least:
            form_blocks(ctx, tenant, holder=holder, at_least=at_least)
    except Refused as refused:
        _log.warning("blocks not formed", extra={"code": refused.code})


def _failed(events: Sequence[Event], error: Exception) -> set[str]:
    code = error.code if isinstance(error, Refused) else type(error).__name__
    for event in events:
        _log.warning("event not logged", extra={"event": event.id, "type": event.type, "code": code})
    return {event.id for event in events}
