"""Events that the emulator called functions with, kept for the tests of the services: shapes as they were, values only where a program goes by them.

Whatever is not named here is scrubbed, so that a recording never holds a token, an address or a name of a run.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused

# Name of the recording -> (source, kind) of the event, as launch.py tells them apart. The request is one that an authorizer stood before.
EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "api_gateway": ("api", "GET /v1/me"),
    "authorizer": ("authorizer", ""),
    "dynamodb_stream": ("stream", ""),
    "schedule": ("schedule", ""),
    "sqs": ("queue", ""),
}
# Leaves whose values say what kind of thing this is, and nothing of anybody.
_SAID: Final = frozenset(
    (
        "Records[].awsRegion",
        "Records[].dynamodb.StreamViewType",
        "Records[].eventName",
        "Records[].eventSource",
        "Records[].eventVersion",
        "detail-type",
        "httpMethod",
        "path",
        "requestContext.httpMethod",
        "requestContext.path",
        "requestContext.protocol",
        "requestContext.resourcePath",
        "requestContext.stage",
        "resource",
        "source",
        "type",
        "version",
    )
)


def recordings(lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Name -> scrubbed event. Raises Refused("event_missing") where the run had no event of a kind."""
    found = {(line["source"], line["kind"]): line["event"] for line in lines}
    missing = sorted(name for name, key in EVENTS.items() if key not in found)
    if missing:
        raise Refused("event_missing", f"No function was called with: {', '.join(missing)}.", "Look at report.json.")
    return {name: scrubbed(found[key]) for name, key in EVENTS.items()}


def record(events: Path, folder: Path) -> None:
    """Write every recording of a run's events.jsonl into ``folder``."""
    lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    folder.mkdir(parents=True, exist_ok=True)
    for name, event in recordings(lines).items():
        (folder / f"{name}.json").write_text(json.dumps(event, indent=2, sort_keys=True) + "\n", "utf-8")


def scrubbed(value: Any, path: str = "") -> Any:
    """The same shape: texts are "scrubbed", numbers 0; what says a kind stays, and so do truth values and nothing."""
    if isinstance(value, dict):
        return {name: scrubbed(one, f"{path}.{name}" if path else str(name)) for name, one in value.items()}
    if isinstance(value, list):
        # One of several says it all: they have one shape.
        return [scrubbed(one, f"{path}[]") for one in value[:1]]
    if path in _SAID or value is None or isinstance(value, bool):
        return value
    if path == "Records[].dynamodb.Keys.pk.S":
        # The relay goes by the kind of row.
        return f"{str(value).partition('#')[0]}#0"
    return "scrubbed" if isinstance(value, str) else 0
