"""EventBus over SNS and SQS: the outbox's events go to one topic, which feeds one SQS queue per consumer (raw delivery).

SNS takes charge when it has stored a message over several zones, and delivers to SQS from there with its own retries for 23 days; so an event
leaves our outbox once SNS has answered for it. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
A batch has at most 10 messages and 262,144 bytes; events are limited to 250,000 where they are recorded (ports/record_rules).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws_errors import is_away
from chalicelib.adapters.sqs_queue import SQSQueue
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from chalicelib.ports.event_bus import Delivery, Depth

_BATCH: Final = 10
_BATCH_BYTES: Final = 262_144


class Outbox(Protocol):
    """Where recorded events wait; DynamoDBOutbox is one."""

    def waiting(self, limit: int) -> list[Event]: ...

    def remove(self, event_ids: Sequence[str]) -> None: ...

    def count(self) -> int: ...


@dataclass(frozen=True)
class QueueUrls:
    """One consumer's queue and its dead letters."""

    queue: str
    dead: str


class SNSEventBus:
    """``sns`` and ``sqs`` are boto3 clients, ``topic`` an ARN. ``queues`` gives consumer name -> URLs and is asked at the first use of a queue:

    a function that only sends must neither ask SQS for anything nor need a right to.
    """

    def __init__(
        self,
        sns: Any,
        sqs: Any,
        outbox: Outbox,
        *,
        topic: str,
        queues: Callable[[], Mapping[str, QueueUrls]],
        wait_seconds: int = 0,
    ) -> None:
        self._sns = sns
        self._sqs = sqs
        self._outbox = outbox
        self._topic = topic
        self._find_queues = queues
        self._wait_seconds = wait_seconds

    @cached_property
    def _queues(self) -> dict[str, SQSQueue]:
        return {
            consumer: SQSQueue(self._sqs, urls.queue, urls.dead, wait_seconds=self._wait_seconds)
            for consumer, urls in self._find_queues().items()
        }

    def pump(self, limit: int) -> int:
        return len(self.publish(self._outbox.waiting(limit)))

    def publish(self, events: Sequence[Event]) -> list[str]:
        """Send these, then remove them from the outbox; gives the ids of those that were. What the table's stream calls with its new items.

        Timeline of two at once: both send, both remove; the consumers get the event twice and drop the second by its id. A crash
        between sending and removing ends the same way. Raises StoreAway where SNS took none of them.
        """
        done: list[str] = []
        for batch in _batches(events):
            sent = self._publish_batch(batch)
            self._outbox.remove(sent)
            done += sent
        if events and not done:
            raise StoreAway("The event bus takes no events.")
        return done

    def _publish_batch(self, batch: Sequence[tuple[Event, str]]) -> list[str]:
        entries = [{"Id": str(number), "Message": text} for number, (_, text) in enumerate(batch)]
        with _translated():
            answer = self._sns.publish_batch(TopicArn=self._topic, PublishBatchRequestEntries=entries)
        return [batch[int(sent["Id"])][0].id for sent in answer.get("Successful", [])]

    def receive(self, consumer: str, *, limit: int, lease_ms: int) -> list[Delivery]:
        with _translated():
            return self._queues[consumer].receive(limit, lease_ms)

    def extend(self, consumer: str, receipts: Sequence[str], *, lease_ms: int) -> dict[str, str]:
        with _translated():
            return self._queues[consumer].extend(receipts, lease_ms)

    def ack(self, consumer: str, receipts: Sequence[str]) -> None:
        with _translated():
            self._queues[consumer].ack(receipts)

    def fail(self, consumer: str, receipt: str, *, delay_ms: int) -> None:
        with _translated():
            self._queues[consumer].fail(receipt, delay_ms)

    def dead(self, consumer: str, *, limit: int) -> list[Event]:
        with _translated():
            return self._queues[consumer].dead(limit)

    def replay(self, consumer: str) -> int:
        with _translated():
            return self._queues[consumer].replay()

    def depth(self) -> Depth:
        with _translated():
            depths = {consumer: queue.depth() for consumer, queue in self._queues.items()}
        return Depth(
            outbox=self._outbox.count(),
            queues={consumer: waiting for consumer, (waiting, _) in depths.items()},
            dead={consumer: dead for consumer, (_, dead) in depths.items()},
        )


def _batches(events: Sequence[Event]) -> Iterator[list[tuple[Event, str]]]:
    batch: list[tuple[Event, str]] = []
    size = 0
    for event in events:
        text = event_to_json(event)
        if batch and (len(batch) == _BATCH or size + len(text) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((event, text))
        size += len(text)  # ASCII, so a character is a byte
    if batch:
        yield batch


@contextmanager
def _translated() -> Iterator[None]:
    """The one place where an SDK error becomes ours; what is not known here passes up."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if is_away(error):
            raise StoreAway("The event bus does not answer.") from error
        raise
