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
    dead = sqs.create_queue(QueueName=f"{name}-dead", Attributes=retention)["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": _arn(sqs, dead), "maxReceiveCount": str(MAX_ATTEMPTS)})
    queue = sqs.create_queue(QueueName=name, Attributes={**retention, "RedrivePolicy": redrive})["QueueUrl"]
    arn = _arn(sqs, queue)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(_policy(topic, arn))})
    # Raw: the body of the queue's message is the event itself, without SNS's envelope around it.
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return QueueUrls(queue, dead)


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
