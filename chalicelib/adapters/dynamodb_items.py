"""Between records and DynamoDB's items and expressions. Pure; the table's form is told in dynamodb_connection."""

import zlib
from typing import Any, Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action

from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from chalicelib.ports.record_rules import parse_body
from chalicelib.ports.record_store import ABSENT, ANY, Expectation, Key, Record

OUTBOX_SHARDS: Final = 16


def item_key(key: Key) -> dict[str, Any]:
    """The key attributes of an item."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def record_of(item: dict[str, Any]) -> Record:
    """The record of an item as the service gave it."""
    purge_after = int(item["p"]["N"]) if "p" in item else None
    return Record(Key(item["pk"]["S"], item["sk"]["S"]), int(item["v"]["N"]), parse_body(item["b"]["S"]), purge_after)


def condition_of(expect: Expectation) -> Condition | None:
    """What the service checks before it writes; None for ANY."""
    if expect == ANY:
        return None
    if expect == ABSENT:
        return Path("pk").does_not_exist()
    return Path("v") == Value({"N": str(expect)})


def put_actions(text: str, purge_after: int | None) -> list[Action]:
    """A Put over ANY is an update: only that can count the version up from whatever is there; ADD to nothing gives 1."""
    actions = [Path("v").add(Value({"N": "1"})), Path("b").set(Value({"S": text}))]
    if purge_after is None:
        return [*actions, Path("p").remove(), Path("ttl").remove()]
    return [*actions, *(Path(name).set(Value(value)) for name, value in _times(purge_after).items())]


def put_attributes(text: str, purge_after: int | None, *, version: int) -> dict[str, Any]:
    """A Put whose version is known beforehand: the whole item beside its key."""
    return {"v": {"N": str(version)}, "b": {"S": text}, **({} if purge_after is None else _times(purge_after))}


def version_after(expect: Expectation) -> int:
    """The version that a guarded Put writes."""
    return 1 if expect == ABSENT else int(expect) + 1


def _times(purge_after: int) -> dict[str, dict[str, str]]:
    """Milliseconds as they were given, and the whole seconds that DynamoDB's time to live counts in."""
    return {"p": {"N": str(purge_after)}, "ttl": {"N": str(-(-purge_after // 1_000))}}


def outbox_key(event_id: str) -> Key:
    """Spread over shards by the id's checksum, so that no partition takes every event; ids sort by time within one."""
    return Key(f"outbox#{zlib.crc32(event_id.encode()) % OUTBOX_SHARDS}", event_id)


def outbox_attributes(event: Event) -> dict[str, Any]:
    """What an outbox item holds besides its key."""
    return {"v": {"N": "1"}, "b": {"S": event_to_json(event)}}
