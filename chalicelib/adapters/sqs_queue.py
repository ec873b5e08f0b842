"""One consumer's queue with its dead letters, over boto3's SQS client; errors are translated by the caller.

A lease is SQS's visibility timeout, whole seconds from 1 to 43,200. The queue's redrive policy (sns_provision) moves a message that was received 8 times
and comes up again; a message that fails at attempt 8 is moved here at once, by the process that holds it.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import error_code
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event
from chalicelib.ports.event_bus import MAX_ATTEMPTS, Delivery

_BATCH: Final = 10
_LONGEST: Final = 43_200
_LOOK_SECONDS: Final = 20
_REMEMBERED: Final = 1_000
# What SQS says of a receipt whose lease was lost, or whose message is gone.
_LOST: Final = frozenset({"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight"})


class SQSQueue:
    """``wait_seconds`` is SQS's long poll: 0 answers at once, up to 20 asks every server of the queue."""

    def __init__(self, sqs: Any, url: str, dead_url: str, *, wait_seconds: int = 0) -> None:
        self._sqs = sqs
        self._url = url
        self._dead_url = dead_url
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        # Bodies of those leased for the last time: fail() must move them, and SQS gives no body for a receipt.
        self._last_chance: OrderedDict[str, str] = OrderedDict()

    def receive(self, limit: int, lease_ms: int) -> list[Delivery]:
        """Up to ``limit`` deliveries. A message that is no event stays under its lease and so ends in the dead letters."""
        found: list[Delivery] = []
        taken = 0
        while taken < limit:
            messages = self._take(self._url, min(_BATCH, limit - taken), _seconds(lease_ms), self._wait_seconds)
            if not messages:
                break
            taken += len(messages)
            for message in messages:
                attempt = int(message["Attributes"]["ApproximateReceiveCount"])
                found += [Delivery(message["ReceiptHandle"], event, attempt) for event in _readable(message)]
                if attempt >= MAX_ATTEMPTS:
                    self._remember(message)
        return found

    def extend(self, receipts: Sequence[str], lease_ms: int) -> dict[str, str]:
        """Those whose visibility timeout was set anew; a receipt stays what it is. SQS lets a message be held for 12 hours in all.

        Raises StoreAway where SQS could not do it by its own fault.
        """
        unique = list(dict.fromkeys(receipts))
        kept: dict[str, str] = {}
        for start in range(0, len(unique), _BATCH):
            part = unique[start : start + _BATCH]
            answer = self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": _seconds(lease_ms)}
                    for number, receipt in enumerate(part)
                ],
            )
            if any(not failed.get("SenderFault") for failed in answer.get("Failed", [])):
                raise StoreAway
            kept |= {part[int(done["Id"])]: part[int(done["Id"])] for done in answer.get("Successful", [])}
        return kept

    def ack(self, receipts: Sequence[str]) -> None:
        """Delete for good. A lost lease is no error; raises StoreAway where SQS could not delete by its own fault."""
        unique = list(dict.fromkeys(receipts))
        for start in range(0, len(unique), _BATCH):
            part = unique[start : start + _BATCH]
            entries = [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(part)]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            if any(not failed.get("SenderFault") for failed in answer.get("Failed", [])):
                raise StoreAway
            with self._lock:
                for receipt in part:
                    self._last_chance.pop(receipt, None)

    def fail(self, receipt: str, delay_ms: int) -> None:
        """Visible again after the delay, or among the dead letters. First written there, then deleted here: a crash doubles, never loses."""
        with self._lock:
            body = self._last_chance.pop(receipt, None)
        try:
            if body is None:
                self._sqs.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=_seconds(delay_ms, least=0)
                )
            else:
                self._sqs.send_message(QueueUrl=self._dead_url, MessageBody=body)
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
        except ClientError as error:
            if error_code(error).rpartition(".")[2] not in _LOST:
                raise

    def dead(self, limit: int) -> list[Event]:
        """A look at the dead letters: leased for a moment, because SQS can't list, then given back."""
        found: dict[str, Event] = {}
        receipts: list[str] = []
        while len(found) < limit:
            messages = self._take(self._dead_url, min(_BATCH, limit - len(found)), _LOOK_SECONDS, self._wait_seconds)
            if not messages:
                break
            receipts += [message["ReceiptHandle"] for message in messages]
            found.update({event.id: event for message in messages for event in _readable(message)})
        for start in range(0, len(receipts), _BATCH):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._dead_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for number, receipt in enumerate(receipts[start : start + _BATCH])
                ],
            )
        return list(found.values())

    def replay(self) -> int:
        """Put every dead letter back as a new message, so that its attempts begin at 1."""
        count = 0
        for message in self._drain(self._dead_url):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=message["Body"])
            self._sqs.delete_message(QueueUrl=self._dead_url, ReceiptHandle=message["ReceiptHandle"])
            count += 1
        return count

    def depth(self) -> tuple[int, int]:
        """How many wait or are leased, and how many are dead; SQS counts approximately."""
        return self._count(self._url), self._count(self._dead_url)

    def _count(self, url: str) -> int:
        names = ["", "NotVisible", "Delayed"]
        asked = [f"ApproximateNumberOfMessages{name}" for name in names]
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        return sum(int(answer["Attributes"][name]) for name in asked)

    def _drain(self, url: str) -> Iterator[dict[str, Any]]:
        while messages := self._take(url, _BATCH, _LOOK_SECONDS, self._wait_seconds):
            yield from messages

    def _take(self, url: str, count: int, lease_seconds: int, wait_seconds: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=count,
            VisibilityTimeout=lease_seconds,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _remember(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._last_chance[message["ReceiptHandle"]] = message["Body"]
            if len(self._last_chance) > _REMEMBERED:
                # Its worker never came back; the redrive policy moves the message itself.
                self._last_chance.popitem(last=False)


def _seconds(milliseconds: int, *, least: int = 1) -> int:
    return min(max(-(-milliseconds // 1_000), least), _LONGEST)


def _readable(message: dict[str, Any]) -> list[Event]:
    try:
        return [event_from_json(message["Body"])]
    except Refused:
        return []
