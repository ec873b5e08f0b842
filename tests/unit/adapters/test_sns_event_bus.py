"""SNS and SQS: batches, leases in seconds, dead letters, and which errors become ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.adapters.sns_event_bus import SNSEventBus
from chalicelib.adapters.sns_provision import provision
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.events import CONSUMERS, Event
from chalicelib.ports.event_bus import MAX_ATTEMPTS
from chalicelib.ports.record_store import Key, Put
from tests.contract.aws_bus import SNSSubject
from tests.contract.aws_world import World, aws_world
from tests.contract.samples import event


@pytest.fixture
def world() -> Iterator[World]:
    with aws_world() as built:
        yield built


@pytest.fixture
def subject(world: World) -> SNSSubject:
    return SNSSubject(world)


def record(subject: SNSSubject, *events: Event) -> None:
    subject.records.transact([Put(Key("acme#box", "a"), {})], events)


def params_of(client: Any, operation: str) -> list[dict[str, Any]]:
    """The parameters of every such call from now on."""
    log: list[dict[str, Any]] = []
    client.meta.events.register(f"provide-client-params.*.{operation}", lambda params, **_: log.append(params))
    return log


def refuse(client: Any, operation: str, error: Exception) -> None:
    def fail(**_: Any) -> None:
        raise error

    client.meta.events.register_first(f"before-send.*.{operation}", fail)


def sqs_of(bus: SNSEventBus) -> Any:
    return bus._queues["transfers"]._sqs


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Any")


def test_a_batch_has_at_most_ten_messages_and_256_kib(subject: SNSSubject) -> None:
    bus = subject.open()
    sent = params_of(bus._sns, "PublishBatch")
    large = [event(number, sealed=bytes(60_000)) for number in range(8)]
    record(subject, *large, *(event(number) for number in range(8, 40)))
    assert bus.pump(100) == 40
    for call in sent:
        entries = call["PublishBatchRequestEntries"]
        assert len(entries) <= 10
        assert sum(len(entry["Message"].encode()) for entry in entries) <= 262_144
    assert bus.depth().outbox == 0


def test_the_body_in_the_queue_is_the_event_alone(subject: SNSSubject) -> None:
    record(subject, event(1))
    subject.open().pump(10)
    assert subject.traces(b'"v":1,"id":"ev_') == [f"fumibako-{consumer}" for consumer in CONSUMERS]
    assert subject.traces(b"MessageId") == []


def test_the_largest_event_that_may_be_recorded_arrives(subject: SNSSubject) -> None:
    large = event(1, sealed=bytes(180_000))
    record(subject, large)
    bus = subject.open()
    assert bus.pump(10) == 1
    assert [delivery.event for delivery in bus.receive("reporting", limit=1, lease_ms=1_000)] == [large]


def test_what_sns_did_not_take_stays_in_the_outbox(subject: SNSSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    record(subject, *(event(number) for number in range(4)))
    bus = subject.open()
    monkeypatch.setattr(bus._sns, "publish_batch", lambda **_: {"Successful": [{"Id": "1"}], "Failed": [{"Id": "0"}]})
    assert bus.pump(10) == 1
    assert bus.depth().outbox == 3


def test_a_topic_that_takes_nothing_is_away(subject: SNSSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    record(subject, event(1))
    bus = subject.open()
    monkeypatch.setattr(bus._sns, "publish_batch", lambda **_: {"Successful": [], "Failed": [{"Id": "0"}]})
    with pytest.raises(StoreAway):
        bus.pump(10)
    assert bus.depth().outbox == 1


def test_a_crash_after_sending_sends_again(subject: SNSSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    record(subject, event(1))
    bus = subject.open()

    def die(_: Any) -> None:
        raise StoreAway

    monkeypatch.setattr(bus._outbox, "remove", die)
    with pytest.raises(StoreAway):
        bus.pump(10)
    again = subject.open()
    assert again.pump(10) == 1
    assert [one.event for one in again.receive("transfers", limit=10, lease_ms=1_000)] == [event(1), event(1)]


@pytest.mark.parametrize(("lease_ms", "seconds"), [(1, 1), (1_000, 1), (1_001, 2), (10**9, 43_200)])
def test_a_lease_is_whole_seconds_within_what_sqs_takes(subject: SNSSubject, lease_ms: int, seconds: int) -> None:
    bus = subject.open()
    asked = params_of(sqs_of(bus), "ReceiveMessage")
    bus.receive("transfers", limit=3, lease_ms=lease_ms)
    assert [(call["VisibilityTimeout"], call["MaxNumberOfMessages"]) for call in asked] == [(seconds, 3)]


def test_a_message_that_is_no_event_ends_in_the_dead_letters(subject: SNSSubject) -> None:
    bus = subject.open()
    sqs_of(bus).send_message(QueueUrl=subject.queues["transfers"].queue, MessageBody="no event")
    record(subject, event(1))
    bus.pump(10)
    (delivery,) = bus.receive("transfers", limit=10, lease_ms=1_000)
    bus.ack("transfers", [delivery.receipt])
    for _ in range(MAX_ATTEMPTS):
        subject.wait(2_000)
        assert bus.receive("transfers", limit=10, lease_ms=1_000) == []
    assert (bus.depth().queues["transfers"], bus.depth().dead["transfers"]) == (0, 1)
    assert bus.dead("transfers", limit=10) == []


def test_a_last_failure_told_by_another_process_is_moved_by_sqs_itself(subject: SNSSubject) -> None:
    record(subject, event(1))
    mine, other = subject.open(), subject.open()
    mine.pump(10)
    for _ in range(MAX_ATTEMPTS):
        (delivery,) = mine.receive("transfers", limit=1, lease_ms=1_000)
        other.fail("transfers", delivery.receipt, delay_ms=0)
    assert mine.receive("transfers", limit=1, lease_ms=1_000) == []
    assert mine.dead("transfers", limit=10) == [event(1)]


def test_dead_gives_no_more_than_asked_and_hides_nothing(subject: SNSSubject) -> None:
    bus = subject.open()
    record(subject, *(event(number) for number in range(12)))
    bus.pump(20)
    for _ in range(MAX_ATTEMPTS):
        for delivery in bus.receive("transfers", limit=20, lease_ms=1_000):
            bus.fail("transfers", delivery.receipt, delay_ms=0)
    assert len(bus.dead("transfers", limit=5)) == 5
    assert len(bus.dead("transfers", limit=50)) == 12
    assert bus.replay("transfers") == 12
    assert {one.attempt for one in bus.receive("transfers", limit=20, lease_ms=1_000)} == {1}


@pytest.mark.parametrize("code", ["ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight"])
def test_failing_after_the_lease_was_lost_is_no_error(subject: SNSSubject, code: str) -> None:
    bus = subject.open()
    refuse(sqs_of(bus), "ChangeMessageVisibility", client_error(code))
    bus.fail("transfers", "gone", delay_ms=0)


def test_an_acknowledgement_that_sqs_could_not_do_is_store_away(
    subject: SNSSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = subject.open()
    monkeypatch.setattr(
        sqs_of(bus), "delete_message_batch", lambda **_: {"Failed": [{"Id": "0", "SenderFault": False}]}
    )
    with pytest.raises(StoreAway):
        bus.ack("transfers", ["receipt"])


def test_acknowledgements_go_in_batches_of_ten(subject: SNSSubject) -> None:
    bus = subject.open()
    asked = params_of(sqs_of(bus), "DeleteMessageBatch")
    bus.ack("transfers", [f"receipt-{number}" for number in range(25)])
    assert [len(call["Entries"]) for call in asked] == [10, 10, 5]


CALLS = {
    "receive": lambda bus: bus.receive("transfers", limit=1, lease_ms=1_000),
    "ack": lambda bus: bus.ack("transfers", ["receipt"]),
    "fail": lambda bus: bus.fail("transfers", "receipt", delay_ms=0),
    "dead": lambda bus: bus.dead("transfers", limit=1),
    "replay": lambda bus: bus.replay("transfers"),
    "depth": lambda bus: bus.depth(),
    "publish": lambda bus: bus.publish([event(1)]),
}


@pytest.mark.parametrize("call", CALLS)
def test_known_errors_become_ours_and_others_pass_up(subject: SNSSubject, call: str) -> None:
    for error in (client_error("ThrottlingException"), ReadTimeoutError(endpoint_url="https://sqs")):
        bus = subject.open()
        refuse(bus._sns, "*", error)
        refuse(sqs_of(bus), "*", error)
        with pytest.raises(StoreAway) as away:
            CALLS[call](bus)
        assert away.value.__cause__ is error
    bus = subject.open()
    unknown = client_error("AccessDenied")
    refuse(bus._sns, "*", unknown)
    refuse(sqs_of(bus), "*", unknown)
    with pytest.raises(ClientError) as caught:
        CALLS[call](bus)
    assert caught.value is unknown


def test_provisioning_again_gives_the_same(world: World) -> None:
    made = [provision(world.client("sns"), world.client("sqs"), prefix="again") for _ in range(2)]
    assert made[0] == made[1]
    topic = world.client("sns").list_subscriptions_by_topic(TopicArn=made[0][0])
    assert len(topic["Subscriptions"]) == len(CONSUMERS)


def test_what_a_deployment_made_is_left_as_it_is(world: World) -> None:
    sns, sqs = world.client("sns"), world.client("sqs")
    topic = sns.create_topic(Name="made-events")["TopicArn"]
    for name in ("made-transfers-dead", "made-transfers"):
        sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "180", "MessageRetentionPeriod": "60"})
    _, queues = provision(sns, sqs, prefix="made")
    held = sqs.get_queue_attributes(QueueUrl=queues["transfers"].queue, AttributeNames=["All"])["Attributes"]
    assert (held["VisibilityTimeout"], held["MessageRetentionPeriod"]) == ("180", "60")
    subscribed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert len(subscribed) == len(CONSUMERS)
    again = provision(sns, sqs, prefix="made")[1]
    assert again == queues
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == len(CONSUMERS)
