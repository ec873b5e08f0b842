"""record_store over DynamoDB: under moto, and over a server of its own where one is installed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError
from moto.dynamodb.models import DynamoDBBackend
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib.adapters.dynamodb_connection import create_table, dynamodb_connection
from chalicelib.adapters.dynamodb_record_store import DynamoDBRecordStore
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Check, Operation
from tests.contract.aws_world import REGION, closed_port
from tests.contract.subjects import Failure

TABLE = "fumibako"
FULL = {
    "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
    "CancellationReasons": [{"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}],
}


class DynamoDBSubject:
    """A table at an endpoint; None is what moto answers for."""

    unknown_error: type[Exception] = PynamoDBException

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        create_table(self.connect(), TABLE)

    def connect(self, endpoint: str | None = None) -> Connection:
        return dynamodb_connection(TABLE, region=REGION, endpoint=endpoint or self._endpoint, attempts=1)

    def open(self) -> DynamoDBRecordStore:
        return DynamoDBRecordStore(self.connect(), TABLE)

    def outbox(self) -> list[Event]:
        return [event_from_json(item["b"]["S"]) for item in self.items() if item["pk"]["S"].startswith("outbox#")]

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table."""
        found: list[dict[str, Any]] = []
        connection, after = self.connect(), None
        while True:
            answer = connection.scan(TABLE, consistent_read=True, exclusive_start_key=after)
            found += answer["Items"]
            after = answer.get("LastEvaluatedKey")
            if after is None:
                return found

    def crash(self, operations: Sequence[Operation], events: Sequence[Event]) -> None:
        """The server fails at the last of the items, after it took all the others."""
        writes = sum(not isinstance(operation, Check) for operation in operations) + len(events)
        with _failing_at(writes):
            try:
                self.open().transact(operations, events)
            except TransactWriteError:
                return
        raise AssertionError("the crash did not happen")

    @contextmanager
    def failing(self, kind: Failure) -> Iterator[DynamoDBRecordStore]:
        """Full: the service's answer. Away: nobody listens. Unknown: there is no such table."""
        if kind == "unknown":
            absent = dynamodb_connection("absent", region=REGION, endpoint=self._endpoint, attempts=1)
            yield DynamoDBRecordStore(absent, "absent")
            return
        connection = self.connect(closed_port() if kind == "away" else None)
        if kind == "full":
            answer_with(connection, "TransactWriteItems", FULL)
        yield DynamoDBRecordStore(connection, TABLE)


def answer_with(connection: Connection, operation: str, *answers: dict[str, Any]) -> list[str]:
    """The next calls meet these refusals (the last one for ever), and nothing is sent; gives the log of calls, growing."""
    log: list[str] = []

    def refuse(request: Any, **_: Any) -> None:
        answer = answers[min(len(log), len(answers) - 1)]
        log.append(request.url)
        raise ClientError(answer, operation)

    connection.client.meta.events.register_first(f"before-send.dynamodb.{operation}", refuse)
    return log


@contextmanager
def _failing_at(number: int) -> Iterator[None]:
    """The ``number``-th write that moto's table takes fails inside the server, before it is done."""
    taken = 0

    def counted(real: Any) -> Any:
        def write(*args: Any, **kwargs: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == number:
                raise RuntimeError("the server died here")
            return real(*args, **kwargs)

        return write

    with (
        mock.patch.object(DynamoDBBackend, "put_item", counted(DynamoDBBackend.put_item)),
        mock.patch.object(DynamoDBBackend, "update_item", counted(DynamoDBBackend.update_item)),
        mock.patch.object(DynamoDBBackend, "delete_item", counted(DynamoDBBackend.delete_item)),
    ):
        yield
