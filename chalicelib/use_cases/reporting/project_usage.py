"""Which usage lines a run of events adds to. The same transaction logs the events, so each is counted once however often it comes."""

from collections.abc import Iterable

from chalicelib.domain.events import Event
from chalicelib.domain.quota import day_of
from chalicelib.domain.usage import Usage, member_of, usage_of
from chalicelib.ports.record_store import Key
from chalicelib.stores.usage_store import usage_key


def project_usage(events: Iterable[Event]) -> dict[Key, Usage]:
    """Sums by line: the tenant's day, and the member's where a member acted."""
    lines: dict[Key, Usage] = {}
    for event in events:
        usage = usage_of(event)
        if usage is None:
            continue
        for key in usage_lines(event):
            lines[key] = lines.get(key, Usage()).plus(usage)
    return lines


def usage_lines(event: Event) -> list[Key]:
    """The lines of one event, none where it is not counted."""
    if usage_of(event) is None:
        return []
    day, member = day_of(event.at), member_of(event)
    keys = [usage_key(event.tenant, day, None)]
    return keys if member is None else [*keys, usage_key(event.tenant, day, member)]
