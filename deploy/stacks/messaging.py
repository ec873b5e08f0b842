"""Topic, one queue per consumer, dead letters: what chalicelib's sns_provision makes for tests, here with its rights and keys.

Only the topic may send to a queue; nobody speaks to either without TLS. A message is the event itself (raw delivery), received at most 8 times.
"""

from typing import Any, ClassVar, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.names import CONSUMERS, SCANS, dead_letters, events_topic, queue
from deploy.stacks.keeping import kept
from deploy.stacks.sharing import ask, tell
from deploy.stage import Stage

# As chalicelib.ports.event_bus.MAX_ATTEMPTS; a test holds the two together.
MAX_RECEIVES: Final = 8
# A failed event comes again after this, so it is short: no more than a consumer's function may take, and half a minute. Lambda's advice of six times is for
# sources that poll more than they may call; ours stop at what is reserved (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
VISIBLE_AFTER: Final = Duration.minutes(3)
# SQS's longest, so that nobody has to repair within four days.
RETENTION: Final = Duration.days(14)
# The event after which a transfer is checked (chalicelib.use_cases.clearing.on_transfer_event).
SCANNED: Final = "transfer.completed.v1"


class MessagingStack(Stack):
    """Events under way, kept when the stack goes: an event leaves the outbox once the topic has it, so a queue is all that holds it then."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys",)

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._key = kms.Key.from_key_arn(self, "Key", ask(self, stage, "key-events-arn"))
        self._topic = sns.Topic(self, "Events", topic_name=events_topic(stage), master_key=self._key, enforce_ssl=True)
        tell(self, stage, "events-topic-arn", self._topic.topic_arn)
        for consumer in (*CONSUMERS, SCANS) if stage.scanner else CONSUMERS:
            self._consumer(stage, consumer)

    def _consumer(self, stage: Stage, consumer: str) -> None:
        title = consumer.capitalize()
        dead = self._queue(stage, f"{title}Dead", dead_letters(stage, consumer))
        live = self._queue(
            stage,
            title,
            queue(stage, consumer),
            visibility_timeout=VISIBLE_AFTER,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=MAX_RECEIVES),
        )
        for one in (live, dead):
            one.add_to_resource_policy(_from_the_topic(self._topic, one))
        sns.CfnSubscription(
            self,
            f"{title}Subscription",
            topic_arn=self._topic.topic_arn,
            protocol="sqs",
            endpoint=live.queue_arn,
            raw_message_delivery=True,
            **_only(stage, consumer),
            # What SNS can't deliver (a queue without rights, a key that is off) is not lost either.
            redrive_policy={"deadLetterTargetArn": dead.queue_arn},
        )
        tell(self, stage, f"queue-{consumer}-arn", live.queue_arn)
        tell(self, stage, f"dead-letters-{consumer}-arn", dead.queue_arn)

    def _queue(self, stage: Stage, construct_id: str, name: str, **more: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            # As long as SNS keeps its own: fewer KMS requests.
            data_key_reuse=Duration.minutes(5),
            retention_period=RETENTION,
            enforce_ssl=True,
            removal_policy=kept(stage),
            **more,
        )


def _from_the_topic(topic: sns.Topic, one: sqs.Queue) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="FromTheTopic",
        principals=[iam.ServicePrincipal("sns.amazonaws.com")],
        actions=["sqs:SendMessage"],
        resources=[one.queue_arn],
        conditions={"ArnEquals": {"aws:SourceArn": topic.topic_arn}},
    )


def _only(stage: Stage, consumer: str) -> dict[str, Any]:
    """Where containers scan, what waits for them goes to their queue and not to the function, which could not reach a scanner."""
    if not stage.scanner or consumer not in ("transfers", SCANS):
        return {}
    scanned = [SCANNED] if consumer == SCANS else [{"anything-but": [SCANNED]}]
    return {"filter_policy": {"type": scanned}, "filter_policy_scope": "MessageBody"}
