"""The outbox that DynamoDBRecordStore fills: read by a pump, emptied when the events are safe elsewhere.

In an account the table's stream has them sent within a second (dynamodb_stream), and the pump is what sends again those that the stream left
(it keeps 24 hours). On emulators the pump is all there is.
"""

from collections.abc import Sequence

from pynamodb.connection import Connection

from chalicelib.adapters.dynamodb_errors import translated
from chalicelib.adapters.dynamodb_items import OUTBOX_SHARDS, item_key, outbox_key
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event


class DynamoDBOutbox:
    """``waiting``, ``remove``, ``count``: what SNSEventBus asks of an outbox."""

    def __init__(self, connection: Connection, table: str) -> None:
        self._connection = connection
        self._table = table
        self._next_shard = 0

    def waiting(self, limit: int) -> list[Event]:
        """Up to ``limit`` events, oldest first within a shard. Each call begins at another shard, so none starves."""
        found: list[Event] = []
        first = self._next_shard
        self._next_shard = (first + 1) % OUTBOX_SHARDS
        for step in range(OUTBOX_SHARDS):
            if len(found) == limit:
                break
            found += self._shard((first + step) % OUTBOX_SHARDS, limit - len(found))
        return found

    def _shard(self, shard: int, limit: int) -> list[Event]:
        with translated():
            answer = self._connection.query(self._table, f"outbox#{shard}", limit=limit, consistent_read=True)
        return [event_from_json(item["b"]["S"]) for item in answer["Items"]]

    def remove(self, event_ids: Sequence[str]) -> None:
        """Delete these; repeating it is no error. Raises StoreAway where the service took none of a batch."""
        ids = list(dict.fromkeys(event_ids))
        for start in range(0, len(ids), 25):
            keys = [item_key(outbox_key(event_id)) for event_id in ids[start : start + 25]]
            while keys:
                with translated():
                    answer = self._connection.batch_write_item(self._table, delete_items=keys)
                left = answer.get("UnprocessedItems", {}).get(self._table, [])
                if len(left) == len(keys):
                    raise StoreAway
                keys = [each["DeleteRequest"]["Key"] for each in left]

    def count(self) -> int:
        """How many wait."""
        return sum(self._count_shard(shard) for shard in range(OUTBOX_SHARDS))

    def _count_shard(self, shard: int) -> int:
        total, after = 0, None
        while True:
            with translated():
                answer = self._connection.query(
                    self._table, f"outbox#{shard}", select="COUNT", exclusive_start_key=after, consistent_read=True
                )
            total += int(answer["Count"])
            after = answer.get("LastEvaluatedKey")
            if after is None:
                return total
