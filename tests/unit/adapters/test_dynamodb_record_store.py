"""DynamoDB: what a cancelled transaction becomes, what is retried, and the form of the items."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import GetError, PynamoDBException, TransactWriteError

from chalicelib.adapters.dynamodb_connection import dynamodb_connection
from chalicelib.adapters.dynamodb_items import OUTBOX_SHARDS, outbox_key
from chalicelib.adapters.dynamodb_outbox import DynamoDBOutbox
from chalicelib.adapters.dynamodb_record_store import DynamoDBRecordStore
from chalicelib.domain.errors import Conflict, Refused, StoreAway, StoreFull
from chalicelib.ports.record_store import ABSENT, Check, Delete, Key, Operation, Put
from tests.contract.aws_dynamodb import TABLE, DynamoDBSubject, answer_with
from tests.contract.aws_world import aws_world
from tests.contract.samples import event

A, B, C = (Key("acme#box", sk) for sk in "abc")


@pytest.fixture
def subject() -> Iterator[DynamoDBSubject]:
    with aws_world():
        yield DynamoDBSubject()


def cancelled(*codes: str | None, message: str = "") -> dict[str, Any]:
    reasons = [{"Code": code or "None", "Message": message} for code in codes]
    return {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}


def store_that_meets(subject: DynamoDBSubject, *answers: dict[str, Any]) -> tuple[DynamoDBRecordStore, list[str]]:
    connection = subject.connect()
    log = answer_with(connection, "TransactWriteItems", *answers)
    return DynamoDBRecordStore(connection, TABLE), log


def test_positions_are_the_callers_whatever_the_order_sent(subject: DynamoDBSubject) -> None:
    subject.open().transact([Put(A, {}), Put(B, {})])
    operations: list[Operation] = [
        Put(A, {}, expect=ABSENT),
        Delete(B, expect=9),
        Check(C, expect=1),
        Put(Key("acme#box", "d"), {}),
    ]
    with pytest.raises(Conflict) as conflict:
        subject.open().transact(operations, [event(1)])
    assert conflict.value.failed == (0, 1, 2)


def test_meeting_another_transaction_is_tried_again(subject: DynamoDBSubject) -> None:
    store, log = store_that_meets(subject, cancelled("TransactionConflict"), cancelled("ConditionalCheckFailed"))
    with pytest.raises(Conflict) as conflict:
        store.transact([Put(A, {}, expect=1)])
    assert (len(log), conflict.value.failed) == (2, (0,))


def test_meeting_another_transaction_for_ever_is_a_conflict_without_positions(subject: DynamoDBSubject) -> None:
    store, log = store_that_meets(subject, cancelled("TransactionConflict"))
    with pytest.raises(Conflict) as conflict:
        store.transact([Put(A, {})])
    assert (len(log), conflict.value.failed) == (4, ())


def test_a_failed_condition_beside_another_transaction_names_its_position(subject: DynamoDBSubject) -> None:
    store, log = store_that_meets(subject, cancelled("TransactionConflict", "ConditionalCheckFailed"))
    with pytest.raises(Conflict) as conflict:
        store.transact([Put(A, {}, expect=1), Put(B, {}, expect=1)])
    assert (len(log), conflict.value.failed) == (1, (1,))


def test_positions_are_the_callers_where_puts_of_both_kinds_meet(subject: DynamoDBSubject) -> None:
    store, _ = store_that_meets(subject, cancelled("None", "ConditionalCheckFailed"))
    with pytest.raises(Conflict) as conflict:
        store.transact([Put(A, {}), Put(B, {}, expect=1)])
    # PynamoDB sends puts before updates, so what failed second is the caller's first.
    assert conflict.value.failed == (0,)


TOO_LARGE = "Item size to update has exceeded the maximum allowed size"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (cancelled("ThrottlingError"), "store_away"),
        (cancelled(None, "ProvisionedThroughputExceeded"), "store_away"),
        (cancelled("ItemCollectionSizeLimitExceeded"), "store_full"),
        (cancelled("ValidationError", message=TOO_LARGE), "record_too_large"),
        ({"Error": {"Code": "ValidationException", "Message": TOO_LARGE}}, "record_too_large"),
        ({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "store_away"),
        ({"Error": {"Code": "InternalServerError"}}, "store_away"),
        ({"Error": {"Code": "ServiceUnavailable"}}, "store_away"),
        ({"Error": {"Code": "TransactionInProgressException"}}, "store_away"),
        ({"Error": {"Code": "New"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "store_away"),
    ],
)
def test_a_known_error_becomes_ours(subject: DynamoDBSubject, answer: dict[str, Any], expected: str) -> None:
    store, _ = store_that_meets(subject, answer)
    with pytest.raises(Refused) as refused:
        store.transact([Put(A, {}), Put(B, {})])
    assert refused.value.code == expected
    assert isinstance(refused.value.__cause__, PynamoDBException)


@pytest.mark.parametrize(
    "answer",
    [
        cancelled("ValidationError", message="Type mismatch"),
        cancelled("NobodyKnows"),
        cancelled(),
        {"Error": {"Code": "AccessDeniedException"}},
        {"Error": {"Code": "ValidationException", "Message": "Something else"}},
    ],
)
def test_any_other_error_passes_up(subject: DynamoDBSubject, answer: dict[str, Any]) -> None:
    store, _ = store_that_meets(subject, answer)
    with pytest.raises(TransactWriteError):
        store.transact([Put(A, {}), Put(B, {})])


def test_a_lost_connection_is_store_away(subject: DynamoDBSubject) -> None:
    connection = subject.connect()
    error = EndpointConnectionError(endpoint_url="https://dynamodb")

    def fail(**_: Any) -> None:
        raise error

    connection.client.meta.events.register_first("before-send.dynamodb", fail)
    with pytest.raises(StoreAway) as away:
        DynamoDBRecordStore(connection, TABLE).get(A)
    assert isinstance(away.value.__cause__, GetError)


def test_keys_left_unprocessed_are_asked_again(subject: DynamoDBSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    subject.open().transact([Put(key, {"sk": key.sk}) for key in (A, B, C)])
    store, asked = subject.open(), []
    real: Any = store._connection.batch_get_item

    def one_at_a_time(table: str, keys: list[dict[str, Any]], **arguments: Any) -> dict[str, Any]:
        asked.append(len(keys))
        answer: dict[str, Any] = real(table, keys[:1], **arguments)
        return {**answer, "UnprocessedKeys": {table: {"Keys": keys[1:]}} if keys[1:] else {}}

    monkeypatch.setattr(store._connection, "batch_get_item", one_at_a_time)
    assert [record.body["sk"] for record in store.get_many([A, B, C])] == ["a", "b", "c"]
    assert asked == [3, 2, 1]


def test_a_service_that_processes_no_key_is_away(subject: DynamoDBSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    store = subject.open()
    nothing = {"Responses": {}, "UnprocessedKeys": {TABLE: {"Keys": [{"pk": {"S": "x"}}]}}}
    monkeypatch.setattr(store._connection, "batch_get_item", lambda *_, **__: nothing)
    with pytest.raises(StoreAway):
        store.get_many([A])


def test_time_to_live_is_in_whole_seconds_rounded_up(subject: DynamoDBSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {}, purge_after=1_001), Put(B, {}, purge_after=2_000), Put(C, {}, purge_after=3_000)])
    store.transact([Put(C, {})])
    found = {item["sk"]["S"]: item.get("ttl", {}).get("N") for item in subject.items()}
    assert found == {"a": "2", "b": "2", "c": None}


def test_every_request_of_a_page_is_consistent_and_bounded(subject: DynamoDBSubject) -> None:
    store, asked = subject.open(), []
    store._connection.client.meta.events.register(
        "provide-client-params.dynamodb", lambda params, **_: asked.append(params)
    )
    store.get(A)
    store.query(A.pk, limit=7)
    assert [params["ConsistentRead"] for params in asked] == [True, True]
    assert asked[1]["Limit"] == 8


def test_making_a_connection_asks_nobody() -> None:
    assert dynamodb_connection("any", region="ap-northeast-1", endpoint="http://127.0.0.1:1")._client is None


def test_events_are_spread_over_the_shards() -> None:
    assert len({outbox_key(event(number).id).pk for number in range(500)}) == OUTBOX_SHARDS


def test_the_outbox_gives_no_more_than_asked_and_starves_no_shard(subject: DynamoDBSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {})], [event(number) for number in range(60)])
    outbox = DynamoDBOutbox(subject.connect(), TABLE)
    assert outbox.count() == 60
    assert len(outbox.waiting(7)) == 7
    seen = {one.id for _ in range(OUTBOX_SHARDS) for one in outbox.waiting(7)}
    assert {outbox_key(event_id).pk for event_id in seen} == {f"outbox#{shard}" for shard in range(OUTBOX_SHARDS)}


def test_the_outbox_forgets_what_was_removed_and_only_that(subject: DynamoDBSubject) -> None:
    store = subject.open()
    store.transact([Put(A, {})], [event(number) for number in range(60)])
    outbox = DynamoDBOutbox(subject.connect(), TABLE)
    outbox.remove([event(number).id for number in range(55)] + [event(0).id])
    outbox.remove([event(0).id])
    outbox.remove([])
    assert sorted(one.id for one in outbox.waiting(100)) == [event(number).id for number in range(55, 60)]


def test_items_left_unprocessed_are_deleted_again(subject: DynamoDBSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    subject.open().transact([Put(A, {})], [event(number) for number in range(4)])
    outbox = DynamoDBOutbox(subject.connect(), TABLE)
    real = outbox._connection.batch_write_item

    def one_at_a_time(table: str, delete_items: list[dict[str, Any]]) -> dict[str, Any]:
        real(table, delete_items=delete_items[:1])
        left = [{"DeleteRequest": {"Key": key}} for key in delete_items[1:]]
        return {"UnprocessedItems": {table: left} if left else {}}

    monkeypatch.setattr(outbox._connection, "batch_write_item", one_at_a_time)
    outbox.remove([event(number).id for number in range(4)])
    assert outbox.count() == 0


def test_a_service_that_deletes_nothing_is_away(subject: DynamoDBSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = DynamoDBOutbox(subject.connect(), TABLE)
    left: Any = {"UnprocessedItems": {TABLE: [{"DeleteRequest": {"Key": {}}}]}}
    monkeypatch.setattr(outbox._connection, "batch_write_item", lambda *_, **__: left)
    with pytest.raises(StoreAway):
        outbox.remove(["ev_1"])


def test_store_full_is_not_store_away(subject: DynamoDBSubject) -> None:
    store, _ = store_that_meets(subject, {"Error": {"Code": "ItemCollectionSizeLimitExceededException"}})
    with pytest.raises(StoreFull):
        store.transact([Put(A, {})])
