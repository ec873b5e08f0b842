"""event_bus over SNS and SQS, with DynamoDB's outbox, under moto."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from botocore.exceptions import ClientError
from moto.sqs.models import sqs_backends

from chalicelib.adapters.dynamodb_outbox import DynamoDBOutbox
from chalicelib.adapters.sns_event_bus import QueueUrls, SNSEventBus
from chalicelib.adapters.sns_provision import provision
from chalicelib.ports.event_bus import EventBus
from tests.contract.aws_dynamodb import TABLE, DynamoDBSubject
from tests.contract.aws_world import ACCOUNT, REGION, World, closed_port


class SNSSubject:
    """A topic, a queue per consumer and a table."""

    unknown_error: type[Exception] = ClientError

    def __init__(self, world: World) -> None:
        self._world = world
        self._dynamodb = DynamoDBSubject()
        self.records = self._dynamodb.open()
        self.topic, self.queues = provision(world.client("sns"), world.client("sqs"), prefix="fumibako")

    def outbox(self) -> DynamoDBOutbox:
        return DynamoDBOutbox(self._dynamodb.connect(), TABLE)

    def open(self) -> SNSEventBus:
        clients = (self._world.client("sns"), self._world.client("sqs"))
        return SNSEventBus(*clients, self.outbox(), topic=self.topic, queues=lambda: self.queues)

    def wait(self, ms: int) -> None:
        self._world.ahead_ms += ms

    def traces(self, needle: bytes) -> list[str]:
        queues = sqs_backends[ACCOUNT][REGION].queues.values()
        held = [(queue.name, message.body) for queue in queues for message in queue._messages]
        held += [(item["pk"]["S"], item["b"]["S"]) for item in self._dynamodb.items()]
        return [place for place, text in held if needle in text.encode()]

    @contextmanager
    def failing(self, kind: Literal["away", "unknown"]) -> Iterator[EventBus]:
        """Away: nobody listens. Unknown: there are no such topic and queues."""
        endpoint = closed_port() if kind == "away" else None
        clients = (self._world.client("sns", endpoint=endpoint), self._world.client("sqs", endpoint=endpoint))
        absent = {name: QueueUrls(f"{urls.queue}-absent", f"{urls.dead}-absent") for name, urls in self.queues.items()}
        queues = self.queues if kind == "away" else absent
        yield SNSEventBus(*clients, self.outbox(), topic=f"{self.topic}-absent", queues=lambda: queues)
