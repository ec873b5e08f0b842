"""record_store: what keys and bodies may hold, and how much."""

from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, Refused
from chalicelib.ports.record_store import ABSENT, MAX_RECORD_BYTES, Check, Key, Put
from tests.contract.samples import event
from tests.contract.subjects import RecordStoreSubject

PORT = "record_store"
KEY = Key("acme#box", "one")


@pytest.mark.parametrize(
    "key",
    [
        Key("", "a"),
        Key("acme#t", ""),
        Key("acme#t", "a\0b"),
        Key("acme#\0", "a"),
        Key("acme#t", "x" * 1_025),
        Key("acme#" + "文" * 340, "a"),
        Key("acme", "a"),
        Key("#acme", "a"),
        Key("ACME#t", "a"),
    ],
    ids=["no-pk", "no-sk", "nul-sk", "nul-pk", "long-sk", "long-pk", "no-owner", "empty-owner", "upper-owner"],
)
def test_a_key_outside_the_form_raises_value_error(subject: RecordStoreSubject, key: Key) -> None:
    store = subject.open()
    with pytest.raises(ValueError, match=r"pk|key"):
        store.transact([Put(key, {})])
    with pytest.raises(ValueError, match=r"pk|key"):
        store.get(key)
    with pytest.raises(ValueError, match=r"pk|key"):
        store.get_many([key])


@pytest.mark.parametrize("pk", ["due#202601010000#03", "outbox#03", "host#example.com", "lease#purge", "clock#"])
def test_reserved_owners_are_keys_too(subject: RecordStoreSubject, pk: str) -> None:
    store = subject.open()
    store.transact([Put(Key(pk, "a"), {"n": 1})])
    record = store.get(Key(pk, "a"))
    assert record is not None
    assert record.body == {"n": 1}


def test_keys_of_the_greatest_length_work(subject: RecordStoreSubject) -> None:
    store = subject.open()
    key = Key("acme#" + "p" * 1_019, "文" * 341 + "s")
    store.transact([Put(key, {"n": 1})])
    found = store.query(key.pk).records
    assert [record.key for record in found] == [key]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"": ""},
        {"nul": "a\0b", "\0": "\0"},
        {"int": [0, -1, 2**53, 2**53 + 1, -(2**63), 2**64, 10**400]},
        {"truth": [True, False, None, 1, 0]},
        {"nested": {"list": [[], {}, [{"a": [1, "2", None]}]]}},
        {
            "text": "文箱 émoji 🗝 \u2028 \ud7ff \uffff \U0010ffff",
            "controls": "".join(map(chr, range(32))),
            "q": "\"\\'%:$1",
        },
        {"half": "\ud800"},
        {"keys": {"z": 1, "a": 2, "__proto__": 3, "$ref": 4}},
    ],
    ids=["empty", "empty-strings", "nul", "integers", "truth", "nested", "text", "half-surrogate", "odd-keys"],
)
def test_what_is_read_equals_what_was_written(subject: RecordStoreSubject, body: dict[str, Any]) -> None:
    store = subject.open()
    store.transact([Put(KEY, body)])
    records = [store.get(KEY), *store.get_many([KEY]), *store.query(KEY.pk).records]
    assert len(records) == 3
    for record in records:
        assert record is not None
        assert record.body == body
        assert repr(record.body) == repr(body)  # 1 is not True


@pytest.mark.parametrize("body", [{"x": 1.5}, {"x": float("nan")}, {"x": [1.0]}, {1: "x"}, {"x": (1, 2)}, {"x": b"1"}])
def test_a_body_that_would_come_back_changed_is_refused(subject: RecordStoreSubject, body: Any) -> None:
    store = subject.open()
    with pytest.raises((ValueError, TypeError)):
        store.transact([Put(KEY, body)])
    assert store.get(KEY) is None


def test_changing_the_object_read_changes_nothing_stored(subject: RecordStoreSubject) -> None:
    store = subject.open()
    written = {"list": [1]}
    store.transact([Put(KEY, written)])
    written["list"].append(2)
    for _ in range(2):
        record = store.get(KEY)
        assert record is not None
        assert record.body == {"list": [1]}
        record.body["list"].append(3)
        record.body["more"] = 1


def test_purge_after_is_read_back(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(KEY, {}, purge_after=4_102_444_800_123), Put(Key("acme#box", "two"), {})])
    assert [record.purge_after for record in store.query(KEY.pk).records] == [4_102_444_800_123, None]


def _sized(total: int, letter: str) -> dict[str, str]:
    room = total - len("acme#box") - len("one") - len('{"x":""}')
    width = len(letter.encode())
    return {"x": letter * (room // width) + "a" * (room % width)}


@pytest.mark.parametrize("letter", ["a", "文"])
def test_a_record_of_the_greatest_size_works(subject: RecordStoreSubject, letter: str) -> None:
    store = subject.open()
    body = _sized(MAX_RECORD_BYTES, letter)
    store.transact([Put(KEY, body)])
    record = store.get(KEY)
    assert record is not None
    assert record.body == body


@pytest.mark.parametrize("letter", ["a", "文"])
def test_a_larger_record_raises_record_too_large_and_nothing_is_written(
    subject: RecordStoreSubject, letter: str
) -> None:
    store = subject.open()
    other = Key("acme#box", "other")
    with pytest.raises(Refused) as caught:
        store.transact([Put(other, {}), Put(KEY, _sized(MAX_RECORD_BYTES + 1, letter))], [event(1)])
    assert caught.value.code == "record_too_large"
    assert store.get(other) is None
    assert subject.outbox() == []


def test_a_transaction_of_100_operations_works(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(Key("acme#box", f"{n:03}"), {"n": n}) for n in range(90)], [event(n) for n in range(10)])
    assert len(store.query("acme#box").records) == 90
    assert len(subject.outbox()) == 10


@pytest.mark.parametrize(("puts", "events"), [(0, 0), (0, 1), (101, 0), (100, 1), (1, 100)])
def test_a_transaction_outside_1_to_100_operations_is_refused(
    subject: RecordStoreSubject, puts: int, events: int
) -> None:
    store = subject.open()
    with pytest.raises(Refused) as caught:
        store.transact([Put(Key("acme#box", f"{n}"), {}) for n in range(puts)], [event(n) for n in range(events)])
    assert caught.value.code == "transaction_too_large"
    assert store.query("acme#box").records == ()
    assert subject.outbox() == []


def test_a_batch_of_as_many_operations_as_the_store_says_works(subject: RecordStoreSubject) -> None:
    store = subject.open()
    most = store.batch
    assert most >= 100
    puts = [Put(Key("acme#box", f"{n:04}"), {"n": n}) for n in range(most - 5)]
    store.transact_batch(puts, [event(n) for n in range(5)])
    assert len(store.query("acme#box", limit=1_000).records) == most - 5
    assert len(subject.outbox()) == 5


@pytest.mark.parametrize("more", [(1, 0), (0, 1)])
def test_a_batch_beyond_that_is_refused(subject: RecordStoreSubject, more: tuple[int, int]) -> None:
    store = subject.open()
    puts = [Put(Key("acme#box", f"{n}"), {}) for n in range(store.batch + more[0])]
    with pytest.raises(Refused) as caught:
        store.transact_batch(puts, [event(n) for n in range(more[1])])
    assert caught.value.code == "transaction_too_large"
    assert store.query("acme#box").records == ()
    assert subject.outbox() == []


def test_a_batch_is_all_or_nothing(subject: RecordStoreSubject) -> None:
    store = subject.open()
    puts = [Put(Key("acme#box", f"{n:04}"), {}) for n in range(store.batch - 2)]
    with pytest.raises(Conflict) as caught:
        store.transact_batch([*puts, Put(KEY, {}, expect=3)], [event(1)])
    assert caught.value.failed == (len(puts),)
    assert store.query("acme#box").records == ()
    assert subject.outbox() == []


def test_a_transaction_of_more_than_4_mb_is_refused(subject: RecordStoreSubject) -> None:
    store = subject.open()
    with pytest.raises(Refused) as caught:
        store.transact([Put(Key("acme#box", f"{n}"), {"x": "a" * 389_000}) for n in range(11)])
    assert caught.value.code == "transaction_too_large"
    assert store.query("acme#box").records == ()


def test_an_event_of_more_than_250000_bytes_is_refused(subject: RecordStoreSubject) -> None:
    store = subject.open()
    with pytest.raises(Refused) as caught:
        store.transact([Put(KEY, {})], [event(1, sealed=b"s" * 190_000)])
    assert caught.value.code == "event_too_large"
    assert store.get(KEY) is None
    store.transact([Put(KEY, {})], [event(1, sealed=b"s" * 180_000)])
    assert subject.outbox() == [event(1, sealed=b"s" * 180_000)]


def test_the_same_key_twice_raises_value_error(subject: RecordStoreSubject) -> None:
    store = subject.open()
    with pytest.raises(ValueError, match="once"):
        store.transact([Put(KEY, {}), Check(KEY, ABSENT)])
    with pytest.raises(ValueError, match="once"):
        store.transact([Put(KEY, {})], [event(1), event(1)])
    assert store.get(KEY) is None
