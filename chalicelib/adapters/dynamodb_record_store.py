"""RecordStore over one DynamoDB table, by PynamoDB's connection.

Timeline of a guarded write, two writers A and B who both read version 3:
    A  TransactWriteItems(v = 3 -> 4, outbox)  .....committed
    B      TransactWriteItems(v = 3 -> 4, outbox) ....cancelled: ConditionalCheckFailed at its position -> Conflict
Where both are in flight at once the service cancels one with TransactionConflict and no position: that one is sent again, and then meets the
plain condition. Each request carries a ClientRequestToken of botocore's, so a lost answer that botocore sends again is not written twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.operand import Path

from chalicelib.adapters.dynamodb_errors import cancelled, met_another_transaction, translated
from chalicelib.adapters.dynamodb_items import (
    condition_of,
    item_key,
    outbox_attributes,
    outbox_key,
    put_actions,
    put_attributes,
    record_of,
    version_after,
)
from chalicelib.domain.errors import Conflict, StoreAway
from chalicelib.domain.events import Event
from chalicelib.ports.record_rules import check_key, check_query, check_transaction, decode_cursor, encode_cursor
from chalicelib.ports.record_store import ANY, MAX_OPERATIONS, Check, Delete, Key, Operation, Page, Record

_ATTEMPTS: Final = 4


@dataclass
class _Request:
    """The items of a transaction in the order PynamoDB sends them: checks, deletes, puts (the outbox last), updates."""

    checks: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    deletes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    puts: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    updates: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def positions(self) -> list[int | None]:
        """The caller's position of each item; None for the outbox."""
        found: list[int | None] = [position for position, _ in self.checks + self.deletes + self.puts]
        return found + [None] * len(self.outbox) + [position for position, _ in self.updates]


class DynamoDBRecordStore:
    """One table per instance; ``dynamodb_connection`` makes the connection, which threads may share."""

    def __init__(self, connection: Connection, table: str) -> None:
        self._connection = connection
        self._table = table

    def get(self, key: Key) -> Record | None:
        check_key(key)
        with translated():
            answer = self._connection.get_item(self._table, key.pk, key.sk, consistent_read=True)
        item = answer.get("Item")
        return None if item is None else record_of(item)

    def get_many(self, keys: Sequence[Key]) -> list[Record]:
        if len(keys) > 100:
            raise ValueError("get_many takes at most 100 keys.")
        for key in keys:
            check_key(key)
        return [record_of(item) for item in self._items(list(dict.fromkeys(keys)))]

    def _items(self, keys: list[Key]) -> Iterator[dict[str, Any]]:
        """An answer holds 16 MB at most and leaves the other keys unprocessed; those are asked again."""
        waiting: Any = [item_key(key) for key in keys]
        while waiting:
            with translated():
                answer = self._connection.batch_get_item(self._table, waiting, consistent_read=True)
            found = answer["Responses"].get(self._table, [])
            waiting = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            if waiting and not found:
                raise StoreAway
            yield from found

    def query(
        self, pk: str, *, prefix: str = "", limit: int = 100, cursor: str | None = None, reverse: bool = False
    ) -> Page:
        check_query(limit)
        after = None if cursor is None else decode_cursor(cursor, pk, prefix, reverse=reverse)
        with translated():
            answer = self._connection.query(
                self._table,
                pk,
                range_key_condition=Path("sk").startswith(prefix) if prefix else None,
                exclusive_start_key=None if after is None else item_key(Key(pk, after)),
                # One more than asked tells whether there are more: DynamoDB's own mark stands even after the very last item.
                limit=limit + 1,
                consistent_read=True,
                scan_index_forward=not reverse,
            )
        records = tuple(record_of(item) for item in answer["Items"])
        if len(records) <= limit and "LastEvaluatedKey" not in answer:
            return Page(records, None)
        page = records[:limit]
        return Page(page, encode_cursor(pk, prefix, page[-1].key.sk, reverse=reverse))

    def transact(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        request = self._request(operations, check_transaction(operations, events), events)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with translated():
                    self._send(request)
                return
            except TransactWriteError as error:
                if met_another_transaction(error):
                    if attempt == _ATTEMPTS:
                        raise Conflict from error
                    continue
                known = cancelled(error, request.positions())
                if known is None:
                    raise
                raise known from error

    def _request(
        self, operations: Sequence[Operation], texts: Sequence[str | None], events: Sequence[Event]
    ) -> _Request:
        request = _Request()
        for position, (operation, text) in enumerate(zip(operations, texts, strict=True)):
            condition = condition_of(operation.expect)
            if isinstance(operation, Check):
                request.checks.append((position, self._item(operation.key, condition=condition)))
            elif isinstance(operation, Delete):
                request.deletes.append((position, self._item(operation.key, condition=condition)))
            elif operation.expect != ANY:
                attributes = put_attributes(text or "", operation.purge_after, version=version_after(operation.expect))
                item = self._item(operation.key, key="Item", attributes=attributes, condition=condition)
                request.puts.append((position, item))
            else:
                actions = put_actions(text or "", operation.purge_after)
                request.updates.append((position, self._item(operation.key, condition=condition, actions=actions)))
        for event in events:
            attributes = outbox_attributes(event)
            request.outbox.append(self._item(outbox_key(event.id), key="Item", attributes=attributes))
        return request

    def _item(self, place: Key, **arguments: Any) -> dict[str, Any]:
        built: dict[str, Any] = self._connection.get_operation_kwargs(self._table, place.pk, place.sk, **arguments)
        return built

    def _send(self, request: _Request) -> None:
        self._connection.transact_write_items(
            condition_check_items=[item for _, item in request.checks],
            delete_items=[item for _, item in request.deletes],
            put_items=[*(item for _, item in request.puts), *request.outbox],
            update_items=[item for _, item in request.updates],
        )

    @property
    def batch(self) -> int:
        return MAX_OPERATIONS

    def transact_batch(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        self.transact(operations, events)

    def purge(self, now: int, limit: int) -> int:  # noqa: ARG002 - the port's signature
        """DynamoDB's time to live deletes by itself, within a few days."""
        return 0
