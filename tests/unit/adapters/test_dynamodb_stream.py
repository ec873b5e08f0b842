"""The stream's records to the topic: what is passed by, what comes again, and a relay beside a pump."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from chalicelib.adapters.dynamodb_items import item_key, outbox_attributes, outbox_key
from chalicelib.adapters.dynamodb_stream import DynamoDBStreamRelay
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.events import CONSUMERS, Event
from chalicelib.ports.record_store import Key, Put
from tests.contract.aws_bus import SNSSubject
from tests.contract.aws_world import aws_world
from tests.contract.samples import event


class Taking:
    """A bus that takes all events but those named."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.seen: list[str] = []

    def publish(self, events: Sequence[Event]) -> list[str]:
        self.seen += [one.id for one in events]
        return [one.id for one in events if one.id not in self.refused]


@pytest.fixture
def subject() -> Iterator[SNSSubject]:
    with aws_world() as world:
        yield SNSSubject(world)


def change(number: int, item: dict[str, Any], name: str = "INSERT") -> dict[str, Any]:
    """A record of the stream about an item, as Lambda hands it over (view NEW_IMAGE)."""
    keys = {"pk": item["pk"], "sk": item["sk"]}
    told = {"Keys": keys, "SequenceNumber": f"1{number:020d}", "SizeBytes": 100, "StreamViewType": "NEW_IMAGE"}
    image = {} if name == "REMOVE" else {"NewImage": item}
    return {"eventID": f"e{number}", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": {**told, **image}}


def row(one: Event) -> dict[str, Any]:
    """The outbox item of an event."""
    return {**item_key(outbox_key(one.id)), **outbox_attributes(one)}


def test_new_rows_reach_every_queue_and_leave_the_outbox(subject: SNSSubject) -> None:
    events = [event(number) for number in range(12)]
    subject.records.transact([Put(Key("acme#box", "a"), {})], events)
    bus = subject.open()
    assert DynamoDBStreamRelay(bus).relay([change(n, row(one)) for n, one in enumerate(events)]) == []
    assert bus.depth().outbox == 0
    for consumer in CONSUMERS:
        held = bus.receive(consumer, limit=20, lease_ms=1_000)
        assert sorted(one.event.id for one in held) == [one.id for one in events]


def test_a_pump_that_was_faster_costs_a_second_delivery_and_nothing_else(subject: SNSSubject) -> None:
    subject.records.transact([Put(Key("acme#box", "a"), {})], [event(1)])
    bus = subject.open()
    assert bus.pump(10) == 1
    assert DynamoDBStreamRelay(bus).relay([change(1, row(event(1)))]) == []
    assert [one.event for one in bus.receive("transfers", limit=9, lease_ms=1_000)] == [event(1), event(1)]


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
def test_changes_and_removals_are_passed_by(name: str) -> None:
    bus = Taking()
    assert DynamoDBStreamRelay(bus).relay([change(1, row(event(1)), name)]) == []
    assert bus.seen == []


def test_records_that_are_no_outbox_rows_are_passed_by() -> None:
    bus = Taking()
    other = {"pk": {"S": "acme#tr"}, "sk": {"S": "head"}, "v": {"N": "1"}, "b": {"S": "{}"}}
    assert DynamoDBStreamRelay(bus).relay([change(1, other), change(2, row(event(2)))]) == []
    assert bus.seen == [event(2).id]


def test_what_was_not_taken_comes_again_by_its_position() -> None:
    bus = Taking(event(2).id, event(4).id)
    records = [change(number, row(event(number))) for number in range(1, 6)]
    positions = [records[1]["dynamodb"]["SequenceNumber"], records[3]["dynamodb"]["SequenceNumber"]]
    assert DynamoDBStreamRelay(bus).relay(records) == positions


def test_a_row_that_cannot_be_read_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus = Taking()
    broken = {**row(event(1)), "b": {"S": '{"v":99,"secret":"never logged"}'}}
    assert DynamoDBStreamRelay(bus).relay([change(1, broken), change(2, row(event(2)))]) == []
    assert bus.seen == [event(2).id]
    assert [one.message for one in caplog.records] == ["outbox row not readable"]
    assert "never logged" not in caplog.text


def test_a_topic_that_takes_nothing_is_away(subject: SNSSubject) -> None:
    with subject.failing("away") as bus, pytest.raises(StoreAway):
        DynamoDBStreamRelay(bus).relay([change(1, row(event(1)))])  # type: ignore[arg-type]  # an SNSEventBus


def test_sending_asks_sqs_for_nothing(subject: SNSSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> Any:
        raise AssertionError("a function that only sends has no right to ask")

    bus = subject.open()
    monkeypatch.setattr(bus, "_find_queues", asked)
    assert DynamoDBStreamRelay(bus).relay([change(1, row(event(1)))]) == []
