"""Vectors of events: the examples of spec/events and what a reader must and must not take for one of them."""

import copy
import json
from typing import Any

from tests.vectors_tools.write import FOLDER, write

EXAMPLES = FOLDER.parent / "events"
HAND = "the schemas of spec/events, by hand"


def example(event_type: str) -> dict[str, Any]:
    schema = json.loads((EXAMPLES / f"{event_type}.json").read_text("utf-8"))
    made: dict[str, Any] = schema["examples"][0]
    return made


def changed(event_type: str, *path: str, to: Any = None) -> dict[str, Any]:
    """The example with one member changed, or removed where ``to`` is None."""
    event = copy.deepcopy(example(event_type))
    place = event
    for name in path[:-1]:
        place = place[name]
    place.pop(path[-1], None)
    if to is not None:
        place[path[-1]] = to
    return event


def make() -> None:
    created, destroyed = "transfer.created.v1", "transfer.destroyed.v1"
    for path in sorted(EXAMPLES.glob("*.json")):
        _write(path.stem.replace(".", "-").replace("_", "-"), path.stem, example(path.stem))
    _write("unknown-member-is-ignored", created, changed(created, "data", "later", to=1))
    _write("unknown-extension-is-ignored", created, changed(created, "traceparent", to="00-ab-cd-01"))
    wrong = {
        "another-type": changed(created, "type", to="com.fumibako.transfer.closed.v1"),
        "another-version-of-cloudevents": changed(created, "specversion", to="0.3"),
        "actor-missing": changed(created, "data", "actor"),
        "actor-an-address": changed(created, "data", "actor", to="hanako@acme.example"),
        "class-unknown": changed(created, "data", "class", to="secret"),
        "bytes-a-text": changed(created, "data", "bytes", to="500"),
        "bytes-negative": changed(created, "data", "bytes", to=-1),
        "id-of-a-transfer": changed(created, "id", to=example(created)["subject"]),
        "sealed-parts-shown": changed(created, "sealed", to={"reporting": "AAAA"}),
        "sequence-missing": changed(created, "sequence"),
        "time-with-an-offset": changed(created, "time", to="2026-06-01T10:00:00.000+09:00"),
        "time-without-milliseconds": changed(destroyed, "data", "destroyed_at", to="2026-06-01T10:00:00Z"),
    }
    for name, event in wrong.items():
        _write(name, destroyed if "milliseconds" in name else created, event, error="event_invalid")


def _write(name: str, event_type: str, event: dict[str, Any], error: str | None = None) -> None:
    write("events", name, origin=HAND, error=error, type=event_type, event=event)
