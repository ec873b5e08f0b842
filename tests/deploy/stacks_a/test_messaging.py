"""Topic and queues: as the services expect them, from the topic alone, nothing lost."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.sns_provision import provision
from chalicelib.domain.event_interest import wanted
from chalicelib.domain.event_json import event_from_json, event_to_json
from chalicelib.domain.events import Event
from chalicelib.ports.event_bus import MAX_ATTEMPTS
from deploy.names import CONSUMERS, SCANS
from deploy.packaging.events import event_resources
from deploy.packaging.functions import all_functions
from deploy.stacks.messaging import SCANNED
from tests.deploy.assemblies import Assembly, of_type, statements_of

SPEC = Path(__file__).resolve().parents[3] / "spec"


def queues(prod: Assembly) -> dict[str, tuple[str, dict[str, Any]]]:
    """Physical name -> (logical id, properties)."""
    return {
        one["Properties"]["QueueName"]: (name, one["Properties"])
        for name, one in of_type(prod.template("messaging"), "AWS::SQS::Queue").items()
    }


def policies(prod: Assembly, kind: str, member: str) -> dict[str, list[dict[str, Any]]]:
    """Logical id of the thing -> statements."""
    return {
        one["Properties"][member][0]["Ref"]: statements_of(one["Properties"]["PolicyDocument"])
        for one in of_type(prod.template("messaging"), kind).values()
    }


@mock_aws
def test_they_are_what_the_services_make_for_tests() -> None:
    """Names, redrive and raw delivery of sns_provision, made here under moto, and those of the template."""
    sns, sqs = boto3.client("sns", "us-east-1"), boto3.client("sqs", "us-east-1")
    topic, urls = provision(sns, sqs, prefix="fumibako-prod")
    assert topic.endswith(":fumibako-prod-events")
    made = {url.rpartition("/")[2] for pair in urls.values() for url in (pair.queue, pair.dead)}
    assert made == {f"fumibako-prod-{name}" for consumer in CONSUMERS for name in (consumer, f"{consumer}-dead")}


def test_every_consumer_has_a_queue_and_dead_letters(prod: Assembly) -> None:
    """The scanner's containers are one more, where there is a scanner."""
    found, consumers = queues(prod), (*CONSUMERS, SCANS)
    assert set(found) == {f"fumibako-prod-{name}" for consumer in consumers for name in (consumer, f"{consumer}-dead")}
    for consumer in consumers:
        dead, _ = found[f"fumibako-prod-{consumer}-dead"]
        redrive = found[f"fumibako-prod-{consumer}"][1]["RedrivePolicy"]
        assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": MAX_ATTEMPTS}


def test_messages_wait_for_two_weeks_and_are_encrypted(prod: Assembly) -> None:
    for _, properties in queues(prod).values():
        assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert "keyeventsarn" in str(properties["KmsMasterKeyId"])


def test_a_message_is_not_seen_twice_while_its_function_may_still_run(prod: Assembly) -> None:
    """Nor does a failed one wait much longer than that: a one-time code is good for ten minutes."""
    for one in all_functions():
        if one.kind == "queue":
            visible = queues(prod)[f"fumibako-prod-{one.service}"][1]["VisibilityTimeout"]
            assert one.timeout_seconds + 30 <= visible <= 200


def test_no_source_polls_more_than_its_function_may_take() -> None:
    """Otherwise throttled batches would count as received, and whole events end as dead letters; this is why three minutes are enough."""
    made = {"Queue": {"Type": "SQS", "Properties": {"BatchSize": 10}}}
    for one in all_functions():
        if one.kind == "queue":
            (source,) = event_resources(one, made).values()
            assert source["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": one.concurrency_parameter}}


def test_only_the_topic_writes_into_a_queue_and_only_over_tls(prod: Assembly) -> None:
    (topic,) = of_type(prod.template("messaging"), "AWS::SNS::Topic")
    found = policies(prod, "AWS::SQS::QueuePolicy", "Queues")
    assert set(found) == {logical_id for logical_id, _ in queues(prod).values()}
    for statements in found.values():
        (allowed,) = [one for one in statements if one["Effect"] == "Allow"]
        assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
        assert allowed["Action"] == "sqs:SendMessage"
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}}
        (denied,) = [one for one in statements if one["Effect"] == "Deny"]
        assert denied["Action"] == "sqs:*"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_topic_is_encrypted_and_takes_nothing_without_tls(prod: Assembly) -> None:
    ((name, topic),) = of_type(prod.template("messaging"), "AWS::SNS::Topic").items()
    assert "keyeventsarn" in str(topic["Properties"]["KmsMasterKeyId"])
    (statement,) = policies(prod, "AWS::SNS::TopicPolicy", "Topics")[name]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_subscriptions_deliver_the_event_itself_and_lose_nothing(prod: Assembly) -> None:
    for one in of_type(prod.template("messaging"), "AWS::SNS::Subscription").values():
        properties = one["Properties"]
        assert properties["RawMessageDelivery"] is True
        assert properties["Protocol"] == "sqs"
        assert "Dead" in json.dumps(properties["RedrivePolicy"])


def examples() -> list[Event]:
    """An event of every type of spec/events, and of every consumer that something is sealed for."""
    types = sorted(path.name.removesuffix(".json") for path in (SPEC / "events").glob("*.json"))
    return [
        Event(f"ev_{number}_{place}", kind, "tn_a", "tr_a", 1, 1_000, {}, sealed)
        for number, kind in enumerate(types)
        for place, sealed in enumerate(({}, {"notifications": b"x"}))
    ]


@mock_aws
@pytest.mark.parametrize("stage", ["box", "prod"])
def test_every_event_reaches_whoever_wants_it(stage: str, request: pytest.FixtureRequest) -> None:
    """The template's own filters, under moto: with a scanner, what waits for it goes to its containers alone."""
    assembly: Assembly = request.getfixturevalue(stage)
    sns, sqs = boto3.client("sns", "us-east-1"), boto3.client("sqs", "us-east-1")
    topic = sns.create_topic(Name="events")["TopicArn"]
    urls = {}
    for name, one in of_type(assembly.template("messaging"), "AWS::SNS::Subscription").items():
        urls[name.removesuffix("Subscription").lower()] = _subscribed(sns, sqs, topic, name, one["Properties"])
    events = examples()
    for event in events:
        sns.publish(TopicArn=topic, Message=event_to_json(event))
    got = {consumer: _received(sqs, url) for consumer, url in urls.items()}
    for event in events:
        scanned = assembly.stage.scanner and event.type == SCANNED
        for consumer in CONSUMERS:
            if wanted(consumer, event) and not (scanned and consumer == "transfers"):
                assert event.id in got[consumer], (consumer, event.type)
        if assembly.stage.scanner:
            assert (event.id in got[SCANS]) is scanned
            assert not (scanned and event.id in got["transfers"])


def _subscribed(sns: Any, sqs: Any, topic: str, name: str, properties: dict[str, Any]) -> str:
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    attributes = {"RawMessageDelivery": "true"}
    if "FilterPolicy" in properties:
        attributes["FilterPolicyScope"] = properties["FilterPolicyScope"]
        attributes["FilterPolicy"] = json.dumps(properties["FilterPolicy"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return url


def _received(sqs: Any, url: str) -> set[str]:
    found: set[str] = set()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found |= {event_from_json(message["Body"]).id for message in messages}
    return found
