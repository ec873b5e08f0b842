"""The schemas of spec/events, and events as the world outside sees them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from chalicelib.api.reporting_routes_usage import cloud_event
from chalicelib.domain.events import Event
from chalicelib.stores.event_log_store import Logged

FOLDER = Path(__file__).resolve().parents[3] / "spec" / "events"
TYPES = sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def schema(event_type: str) -> dict[str, Any]:
    """The schema of one type, ``transfer.created.v1``; a type without one is an error."""
    return dict(json.loads((FOLDER / f"{event_type}.json").read_text("utf-8")))


def problems(event_type: str, document: Any) -> list[str]:
    """What of a CloudEvent does not fit its schema."""
    found = Draft202012Validator(schema(event_type)).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in found]


def outside(event: Event) -> dict[str, Any]:
    """An event as /reporting/v1/events shows it."""
    logged = Logged(1, event.id, event.type, event.subject, event.sequence, event.at, event.data, {})
    return dict(msgspec.to_builtins(cloud_event(event.tenant, logged)))


def undeclared(event: Event) -> set[str]:
    """Members of data that the schema does not name: readers may ignore them, writers must declare them."""
    return set(event.data) - set(schema(event.type)["properties"]["data"]["properties"])
