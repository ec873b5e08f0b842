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
    """A Put is an update, because only an update can count the version up from whatever is there; ADD to nothing gives 1."""
    actions = [Path("v").add(Value({"N": "1"})), Path("b").set(Value({"S": text}))]
    if purge_after is None:
        return [*actions, Path("p").remove(), Path("ttl").remove()]
    seconds = -(-purge_after // 1_000)
    return [*actions, Path("p").set(Value({"N": str(purge_after)})), Path("ttl").set(Value({"N": str(seconds)}))]


def outbox_key(event_id: str) -> Key:
    """Spread over shards by the id's checksum, so that no partition takes every event; ids sort by time within one."""
    return Key(f"outbox#{zlib.crc32(event_id.encode()) % OUTBOX_SHARDS}", event_id)


def outbox_attributes(event: Event) -> dict[str, Any]:
    """What an outbox item holds besides its key."""
    return {"v": {"N": "1"}, "b": {"S": event_to_json(event)}}
