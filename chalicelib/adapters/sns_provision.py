"""Topic, queues, dead letters and subscriptions of the bus, for tests and emulators; in an account the deployment makes the same, encrypted."""

import json
from collections.abc import Sequence
from typing import Any, Final

from chalicelib.adapters.sns_event_bus import QueueUrls
from chalicelib.domain.events import CONSUMERS
from chalicelib.ports.event_bus import MAX_ATTEMPTS

# SQS's longest, so that nobody has to repair within four days.
_RETENTION_SECONDS: Final = 14 * 24 * 3_600


def provision(
    sns: Any, sqs: Any, *, prefix: str, consumers: Sequence[str] = CONSUMERS
) -> tuple[str, dict[str, QueueUrls]]:
    """Make what is missing; gives the topic's ARN and the URLs by consumer. Calling it again gives the same."""
    topic: str = sns.create_topic(Name=f"{prefix}-events")["TopicArn"]
    return topic, {consumer: _consumer(sns, sqs, topic, f"{prefix}-{consumer}") for consumer in consumers}


def _consumer(sns: Any, sqs: Any, topic: str, name: str) -> QueueUrls:
    retention = {"MessageRetentionPeriod": str(_RETENTION_SECONDS)}
    dead = _queue(sqs, f"{name}-dead", retention)
    redrive = json.dumps({"deadLetterTargetArn": _arn(sqs, dead), "maxReceiveCount": str(MAX_ATTEMPTS)})
    queue = _queue(sqs, name, {**retention, "RedrivePolicy": redrive})
    arn = _arn(sqs, queue)
    if arn not in _subscribed(sns, topic):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(_policy(topic, arn))})
        # Raw: the body of the queue's message is the event itself, without SNS's envelope around it.
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return QueueUrls(queue, dead)


def _queue(sqs: Any, name: str, attributes: dict[str, str]) -> str:
    """A queue that a deployment made with attributes of its own is left as it is."""
    try:
        url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    except sqs.exceptions.QueueNameExists:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return url


def _subscribed(sns: Any, topic: str) -> set[str]:
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return {one["Endpoint"] for page in pages for one in page["Subscriptions"]}


def _arn(sqs: Any, url: str) -> str:
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def _policy(topic: str, queue: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
