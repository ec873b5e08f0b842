"""record_store: reading, paging, tenants apart, expiry, and a store that fails."""

from collections.abc import Callable

import pytest

from chalicelib.domain.errors import Refused, StoreAway, StoreFull
from chalicelib.ports.record_rules import encode_cursor
from chalicelib.ports.record_store import ABSENT, Delete, Key, Page, Put, Record, RecordStore
from tests.contract.samples import event
from tests.contract.subjects import RecordStoreSubject

PORT = "record_store"
BOX = "acme#box"


def fill(store: RecordStore, sks: list[str], *, pk: str = BOX) -> None:
    for start in range(0, len(sks), 100):
        store.transact([Put(Key(pk, sk), {"sk": sk}, ABSENT) for sk in sks[start : start + 100]])


def read_all(store: RecordStore, *, prefix: str = "", limit: int = 100, reverse: bool = False) -> list[Record]:
    found: list[Record] = []
    cursor: str | None = None
    while True:
        page = store.query(BOX, prefix=prefix, limit=limit, cursor=cursor, reverse=reverse)
        assert len(page.records) <= limit
        found += page.records
        cursor = page.cursor
        if cursor is None:
            return found


def names(records: list[Record]) -> list[str]:
    return [record.key.sk for record in records]


def test_an_absent_record_is_none(subject: RecordStoreSubject) -> None:
    assert subject.open().get(Key(BOX, "nothing")) is None


def test_get_many_leaves_absent_ones_out(subject: RecordStoreSubject) -> None:
    store = subject.open()
    fill(store, ["a", "b", "c"])
    found = store.get_many([Key(BOX, "c"), Key(BOX, "x"), Key(BOX, "a"), Key("acme#other", "a")])
    assert {(record.key.sk, record.version) for record in found} == {("a", 1), ("c", 1)}
    assert store.get_many([]) == []


def test_get_many_gives_100_records_and_each_once(subject: RecordStoreSubject) -> None:
    store = subject.open()
    keys = [Key(BOX, f"{n:03}") for n in range(99)]
    fill(store, [key.sk for key in keys])
    found = store.get_many([*keys, keys[0]])
    assert sorted(record.key for record in found) == keys


def test_get_many_of_more_than_100_raises_value_error(subject: RecordStoreSubject) -> None:
    with pytest.raises(ValueError, match="100"):
        subject.open().get_many([Key(BOX, f"{n}") for n in range(101)])


def test_get_many_gives_large_records_too(subject: RecordStoreSubject) -> None:
    store = subject.open()
    keys = [Key(BOX, f"{n}") for n in range(60)]
    for key in keys:
        store.transact([Put(key, {"x": "a" * 300_000})])
    assert sum(len(record.body["x"]) for record in store.get_many(keys)) == 60 * 300_000


ODD = ["\x01", " ", "!", "#", "A", "B", "Z", "_", "a", "a#1", "a#10", "a#2", "aa", "b", "é", "ÿ", "あ", "文", "\ud7ff", "\ue000", "\uffff", "\U00010000", "😀"]  # fmt: skip


def test_query_gives_byte_order_of_utf_8(subject: RecordStoreSubject) -> None:
    store = subject.open()
    fill(store, ODD[::2])
    fill(store, ODD[1::2])
    assert names(read_all(store, limit=3)) == sorted(ODD, key=str.encode) == ODD
    assert names(read_all(store, limit=3, reverse=True)) == ODD[::-1]


@pytest.mark.parametrize("prefix", ["", "a", "a#", "a#1", "%", "_", "文", "\ud7ff", "\uffff", "zz", "😀"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_query_gives_only_what_begins_with_the_prefix(subject: RecordStoreSubject, prefix: str, reverse: bool) -> None:
    store = subject.open()
    fill(store, ODD)
    expected = [sk for sk in ODD if sk.startswith(prefix)]
    assert names(read_all(store, prefix=prefix, limit=2, reverse=reverse)) == expected[:: -1 if reverse else 1]


def test_query_gives_the_whole_record(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(Key(BOX, "a"), {"n": 1}, purge_after=4_102_444_800_000)])
    store.transact([Put(Key(BOX, "a"), {"n": 2}, purge_after=4_102_444_900_000)])
    assert store.query(BOX).records == (Record(Key(BOX, "a"), 2, {"n": 2}, 4_102_444_900_000),)


def test_query_of_an_empty_partition_is_empty(subject: RecordStoreSubject) -> None:
    assert subject.open().query("acme#empty") == Page((), None)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_limit_outside_1_to_1000_raises_value_error(subject: RecordStoreSubject, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        subject.open().query(BOX, limit=limit)


@pytest.mark.parametrize("limit", [1, 5, 6, 1_000])
def test_the_cursor_is_none_only_at_the_end(subject: RecordStoreSubject, limit: int) -> None:
    store = subject.open()
    fill(store, [f"{n}" for n in range(6)])
    assert len(read_all(store, limit=limit)) == 6
    if limit < 6:
        assert store.query(BOX, limit=limit).cursor is not None


def test_a_page_stays_under_1_mb(subject: RecordStoreSubject) -> None:
    store = subject.open()
    for n in range(8):
        store.transact([Put(Key(BOX, f"{n}"), {"x": "a" * 300_000})])
    page = store.query(BOX, limit=8)
    assert 1 <= len(page.records) <= 3
    assert names(read_all(store, limit=8)) == [f"{n}" for n in range(8)]
    assert names(read_all(store, limit=8, reverse=True)) == [f"{n}" for n in range(7, -1, -1)]


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_2500_rows_are_paged_once_each_while_others_come_and_go(subject: RecordStoreSubject, reverse: bool) -> None:
    store, other = subject.open(), subject.open()
    stay = [f"{n:05}" for n in range(0, 5_000, 2)]
    fill(store, stay)
    fill(store, [f"{n:05}-go" for n in range(0, 5_000, 50)])
    seen: list[str] = []
    cursor: str | None = None
    turn = 0
    while True:
        page = store.query(BOX, limit=170, cursor=cursor, reverse=reverse)
        seen += [record.key.sk for record in page.records]
        cursor = page.cursor
        if cursor is None:
            break
        last = int(page.records[-1].key.sk[:5])
        around = [last - 301, last - 1, last + 1, last + 301]
        other.transact([Put(Key(BOX, f"{max(n, 0):05}-new"), {}) for n in around])
        other.transact([Delete(Key(BOX, f"{n:05}-go")) for n in range(turn * 300, turn * 300 + 300, 50)])
        other.transact([Delete(Key(BOX, f"{max(last - 301, 0):05}-new"))])
        turn += 1
    assert turn >= 14
    assert len(set(seen)) == len(seen)
    assert [sk for sk in seen if "-" not in sk] == sorted(stay, reverse=reverse)


def test_the_row_at_the_cursor_may_go(subject: RecordStoreSubject) -> None:
    store = subject.open()
    fill(store, ["a", "b", "c", "d"])
    page = store.query(BOX, limit=2)
    store.transact([Delete(Key(BOX, "b"))])
    assert [record.key.sk for record in store.query(BOX, cursor=page.cursor).records] == ["c", "d"]


def test_a_cursor_may_be_made_for_a_place_that_holds_nothing(subject: RecordStoreSubject) -> None:
    store = subject.open()
    fill(store, ["1#a", "1#b", "3#a"])
    for place, before, after in (
        ("2", ["1#b", "1#a"], ["3#a"]),
        ("1", [], ["1#a", "1#b", "3#a"]),
        ("9", ["3#a", "1#b", "1#a"], []),
    ):
        back = store.query(BOX, cursor=encode_cursor(BOX, "", place, reverse=True), reverse=True)
        on = store.query(BOX, cursor=encode_cursor(BOX, "", place, reverse=False))
        assert (names(list(back.records)), names(list(on.records))) == (before, after)


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "!!!!", "文", "=" * 9, "A" * 4_000])
def test_a_cursor_not_made_by_the_store_raises_cursor_invalid(subject: RecordStoreSubject, cursor: str) -> None:
    with pytest.raises(Refused) as caught:
        subject.open().query(BOX, cursor=cursor)
    assert caught.value.code == "cursor_invalid"


def test_a_cursor_of_another_query_raises_cursor_invalid(subject: RecordStoreSubject) -> None:
    store = subject.open()
    fill(store, [f"a{n}" for n in range(5)])
    cursor = store.query(BOX, prefix="a", limit=2).cursor
    assert cursor is not None
    for change in (
        {"pk": "acme#other"},
        {"prefix": ""},
        {"reverse": True},
        {"cursor": cursor[:-1]},
        {"cursor": cursor + "A"},
    ):
        asked = {"pk": BOX, "prefix": "a", "limit": 2, "cursor": cursor, "reverse": False} | change
        with pytest.raises(Refused) as caught:
            store.query(**asked)  # type: ignore[arg-type]
        assert caught.value.code == "cursor_invalid"


def test_a_tenant_sees_nothing_of_another(subject: RecordStoreSubject) -> None:
    store = subject.open()
    tenants = ["acme", "acme2", "acm", "acme-x"]
    for tenant in tenants:
        store.transact([Put(Key(f"{tenant}#box", sk), {"of": tenant}) for sk in ("a", "b", "c")])
    for tenant in tenants:
        page = store.query(f"{tenant}#box", limit=2)
        rest = store.query(f"{tenant}#box", cursor=page.cursor)
        assert [record.body for record in page.records + rest.records] == [{"of": tenant}] * 3
        others = [Key(f"{other}#box", "a") for other in tenants if other != tenant]
        assert all(record.body["of"] != tenant for record in store.get_many(others))
        with pytest.raises(Refused) as caught:
            store.query("other#box", cursor=page.cursor)
        assert caught.value.code == "cursor_invalid"
    store.transact([Delete(Key("acme#box", sk)) for sk in ("a", "b", "c")])
    assert store.query("acme#box").records == ()
    assert all(len(store.query(f"{tenant}#box").records) == 3 for tenant in tenants[1:])


def test_purge_deletes_only_what_is_due(subject: RecordStoreSubject) -> None:
    store = subject.open()
    now = 1_767_225_600_000
    expiry = {"long-gone": 1_000, "just-gone": now - 1, "now": now, "later": now + 1, "never": None}
    store.transact([Put(Key(BOX, sk), {}, purge_after=due) for sk, due in expiry.items()])
    purged = store.purge(now, 100)
    left = set(names(read_all(store)))
    assert {"now", "later", "never"} <= left
    assert len(expiry) - len(left) == purged  # a store with a TTL of its own gives 0 and deletes later
    assert store.purge(now, 100) == 0


def test_purge_deletes_at_most_the_limit(subject: RecordStoreSubject) -> None:
    store = subject.open()
    store.transact([Put(Key(BOX, f"{n}"), {}, purge_after=1_000) for n in range(10)])
    purged = store.purge(2_000, 4)
    assert purged <= 4
    assert len(read_all(store)) == 10 - purged


def test_a_store_that_is_full_raises_store_full_and_nothing_is_written(subject: RecordStoreSubject) -> None:
    with subject.failing("full") as store, pytest.raises(StoreFull):
        store.transact([Put(Key(BOX, f"{n}"), {"x": "a" * 300_000}) for n in range(10)], [event(1)])
    assert subject.open().query(BOX).records == ()
    assert subject.outbox() == []


CALLS: dict[str, Callable[[RecordStore], object]] = {
    "get": lambda store: store.get(Key(BOX, "a")),
    "get_many": lambda store: store.get_many([Key(BOX, "a")]),
    "query": lambda store: store.query(BOX),
    "transact": lambda store: store.transact([Put(Key(BOX, "a"), {})], [event(1)]),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_store_that_does_not_answer_raises_store_away(subject: RecordStoreSubject, call: str) -> None:
    with subject.failing("away") as store, pytest.raises(StoreAway) as caught:
        CALLS[call](store)
    assert caught.value.retry_after is not None


@pytest.mark.parametrize("call", CALLS)
def test_every_other_error_of_the_sdk_passes_up(subject: RecordStoreSubject, call: str) -> None:
    with subject.failing("unknown") as store, pytest.raises(subject.unknown_error) as caught:
        CALLS[call](store)
    assert not isinstance(caught.value, Refused)
