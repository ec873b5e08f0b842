from dataclasses import replace

import pytest

from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.file_request import FileRequest, RequestState
from chalicelib.domain.files import BlobEntry, FileEntry, id_range
from chalicelib.domain.ids import TenantId
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import Reason, Scan, State, Transfer, TransferClass
from chalicelib.ports.record_store import Put
from chalicelib.stores.blobs_store import (
    BlobPage,
    blob_page_put,
    blob_put,
    get_blob_page,
    get_blobs,
    get_plans,
    iterate_blobs,
)
from chalicelib.stores.due_store import DueItem, due_delete, due_key, due_minute, due_put, take_due
from chalicelib.stores.files_store import (
    FilePage,
    file_page_put,
    get_file_pages,
    get_files,
    iterate_file_pages,
    list_files,
)
from chalicelib.stores.idempotency_store import Made, Once, made_before, once_puts
from chalicelib.stores.index_store import all_pk, index_delete, index_put, newest, received_pk, requests_pk, sent_pk
from chalicelib.stores.quota_store import bytes_put, day_put, get_usage, release_puts
from chalicelib.stores.recipients_store import (
    get_recipient,
    get_recipients,
    get_state,
    get_states,
    recipient_puts,
    state_put,
)
from chalicelib.stores.request_store import get_request, get_requests, request_put, request_written
from chalicelib.stores.transfer_store import get_transfer, get_transfers, transfer_put, written
from chalicelib.stores.wrapped_key_store import destroy_transfer_key, keep_transfer_key, open_transfer_key, wrapped_key
from tests.fakes.context import FakeContext
from tests.fakes.record_store import FakeRecordStore
from tests.unit.domain.transfers import transfer

FULL = transfer(
    version=0,
    state=State.CLOSED,
    transfer_class=TransferClass.SEALED,
    scan=Scan.UNSCANNABLE,
    reason=Reason.REVOKED,
    title="件名",
    message="一行目\n二行目",
    max_downloads=3,
    slots=({"v": 1, "kind": "link"},),
    file_pages=(("a", "b"), ("c", "d")),
    blob_pages=(("e", "f"),),
    uploader="rc_x",
    put_urls_until=7,
    notify=False,
)


def file_ids(count: int) -> list[str]:
    return [f"fi_01kdv{n:021d}" for n in range(count)]


def entry(file_id: str, index: int) -> FileEntry:
    return FileEntry(file_id, index, "bl_x", 0, 56, 0, packed=True, record=bytes([index, 255]), header=b"\0" * 40)


def with_files(records: FakeRecordStore, counts: list[int]) -> tuple[Transfer, list[FileEntry]]:
    """A head with pages of so many files."""
    ids = iter(file_ids(sum(counts)))
    pages = []
    index = 0
    for number, count in enumerate(counts):
        entries = tuple(entry(next(ids), index + n) for n in range(count))
        pages.append(FilePage(number, 0, entries))
        index += count
    head = transfer(version=0, file_pages=tuple(id_range([one.id for one in page.entries]) for page in pages))
    records.transact([transfer_put(head), *(file_page_put(head, page) for page in pages)])
    return written(head), [one for page in pages for one in page.entries]


def test_a_head_comes_back_as_it_was_written() -> None:
    records = FakeRecordStore()
    records.transact([transfer_put(FULL)])
    assert get_transfer(records, "acme", FULL.id) == written(FULL)
    assert written(FULL).version == 1
    with pytest.raises(NotFound):
        get_transfer(records, "other", FULL.id)


def test_a_head_is_written_against_its_version() -> None:
    records = FakeRecordStore()
    records.transact([transfer_put(FULL)])
    with pytest.raises(Conflict):
        records.transact([transfer_put(FULL)])
    records.transact([transfer_put(replace(written(FULL), title="other"))])
    assert get_transfer(records, "acme", FULL.id).version == 2


def test_many_heads_come_in_the_order_asked_and_absent_ones_not_at_all() -> None:
    records = FakeRecordStore()
    heads = [transfer(version=0, id=f"tr_01kdv{n:021d}") for n in range(130)]
    for start in (0, 65):
        records.transact([transfer_put(head) for head in heads[start : start + 65]])
    ids = [head.id for head in heads][::-1]
    assert [head.id for head in get_transfers(records, "acme", [*ids, "tr_01kdv0000000000000000000zz"])] == ids


def test_members_that_this_version_does_not_know_are_ignored() -> None:
    records = FakeRecordStore()
    put = transfer_put(FULL)
    records.transact([replace(put, body={**put.body, "later": 1})])
    assert get_transfer(records, "acme", FULL.id) == written(FULL)


def test_files_come_back_by_page_and_by_id() -> None:
    records = FakeRecordStore()
    head, entries = with_files(records, [3, 2])
    assert [page.entries for page in iterate_file_pages(records, head)] == [tuple(entries[:3]), tuple(entries[3:])]
    wanted = [entries[4].id, entries[0].id]
    assert get_files(records, head, wanted) == [entries[4], entries[0]]
    with pytest.raises(NotFound):
        get_files(records, head, [entries[0].id, "fi_01kdvzzzzzzzzzzzzzzzzzzzzz"])
    (page,) = get_file_pages(records, head, [1])
    changed = replace(entries[3], stored=True)
    records.transact([file_page_put(head, page.with_entries({changed.id: changed}))])
    assert get_files(records, head, [changed.id]) == [changed]
    with pytest.raises(Conflict):
        records.transact([file_page_put(head, page)])


def test_lists_of_files_go_on_where_they_stopped() -> None:
    records = FakeRecordStore()
    head, entries = with_files(records, [3, 2, 3])
    found: list[FileEntry] = []
    cursor, sizes = None, []
    while True:
        files, cursor = list_files(records, head, cursor=cursor, limit=2)
        found += files
        sizes.append(len(files))
        if cursor is None:
            break
    assert found == entries
    assert sizes == [2, 2, 2, 2]
    assert list_files(records, head, cursor=None, limit=8) == (entries, None)
    for wrong in ("", "1", "a-1", "1-", "-1-1", "1-1-1", "１-1", "999999-0"):
        with pytest.raises(Refused, match="cursor_invalid"):
            list_files(records, head, cursor=wrong, limit=1)
    assert list_files(records, head, cursor="99-0", limit=1) == ([], None)


def test_blobs_are_plan_and_upload_joined() -> None:
    records = FakeRecordStore()
    ids = [f"bl_01kdv{n:021d}" for n in range(130)]
    plans = tuple(BlobEntry(one, None, 5, single=False, growing=True, files=2, file_pages=(0, 1)) for one in ids)
    head = transfer(version=0, blob_pages=(id_range(ids),))
    records.transact([blob_page_put(head, BlobPage(0, 0, plans))])
    assert get_blob_page(records, head, 0) == BlobPage(0, 1, plans)
    assert get_blob_page(records, head, 1) is None
    done = replace(plans[3], upload="u", named=2, size=9, stored_version="v", checksum="c")
    records.transact([blob_put(head, done)])
    assert get_plans(records, head, [ids[3]]) == {ids[3]: plans[3]}
    assert get_blobs(records, head, [ids[4], ids[3]]) == {ids[4]: plans[4], ids[3]: replace(done, version=1)}
    assert [blob.id for blob in iterate_blobs(records, head)] == ids
    with pytest.raises(NotFound):
        get_blobs(records, head, ["bl_01kdv00000000000000000000z"])
    with pytest.raises(Conflict):
        records.transact([blob_put(head, done)])


def test_recipients_come_in_order_over_pages() -> None:
    records = FakeRecordStore()
    entries = [RecipientEntry(f"rc_{n}", f"r{n}@example.com", "名", "ja") for n in range(251)]
    puts = recipient_puts("acme", FULL.id, entries)
    assert len(puts) == 2
    records.transact(puts)
    records.transact(
        recipient_puts("acme", FULL.id, [RecipientEntry("rc_late", "late@example.com", "", "en")], first_page=2)
    )
    found = get_recipients(records, "acme", FULL.id)
    assert (found[:251], found[251].id) == (entries, "rc_late")
    assert get_recipient(records, "acme", FULL.id, "rc_250").email == "r250@example.com"
    with pytest.raises(NotFound):
        get_recipient(records, "acme", FULL.id, "rc_none")


def test_states_of_recipients_are_written_against_their_version() -> None:
    records = FakeRecordStore()
    assert get_state(records, "acme", FULL.id, "rc_1") == RecipientState("rc_1")
    state = RecipientState("rc_1", "invited", 1, 2, 3, "ln", b"\xff\x00", 4)
    records.transact([state_put("acme", FULL.id, state)])
    assert get_states(records, "acme", FULL.id, ["rc_1", "rc_2"]) == {
        "rc_1": replace(state, version=1),
        "rc_2": RecipientState("rc_2"),
    }
    with pytest.raises(Conflict):
        records.transact([state_put("acme", FULL.id, state)])


def test_due_items_wait_in_the_minute_in_which_they_are_due() -> None:
    assert [due_minute(at) for at in (0, 1, 60_000, 60_001)] == [0, 1, 1, 2]
    records = FakeRecordStore()
    items = [DueItem("acme", f"tr_{n}", "expire", 120_000 - n) for n in range(9)]
    records.transact([due_put(item) for item in items])
    records.transact([due_put(items[0])])
    assert due_key(items[0]).pk.startswith("due#000000002#0")
    found = [item for shard in range(4) for item in take_due(records, 2, shard)[0]]
    assert sorted(found, key=lambda item: item.subject) == items
    records.transact([due_delete(item) for item in items])
    assert all(take_due(records, 2, shard) == ([], None) for shard in range(4))


def test_lists_are_newest_first_and_hold_ids_only() -> None:
    records = FakeRecordStore()
    pk = sent_pk("acme", "mb_1")
    records.transact([index_put(pk, at, f"tr_{at}") for at in (5, 50, 500)])
    first, more = newest(records, [pk], limit=2)
    rest, further = newest(records, [pk], limit=2, before=first[-1].place)
    assert [(one.created_at, one.id) for one in (*first, *rest)] == [(500, "tr_500"), (50, "tr_50"), (5, "tr_5")]
    assert (more, further) == (True, False)
    records.transact([index_delete(pk, 50, "tr_50")])
    assert len(newest(records, [pk], limit=9)[0]) == 2
    assert received_pk("acme", "A@B.c") == received_pk("acme", "a@b.c") == "acme#received#a@b.c"
    assert (all_pk("acme"), requests_pk("acme", "mb_1")) == ("acme#all", "acme#requests#mb_1")


def test_an_idempotency_record_lives_24_hours() -> None:
    records = FakeRecordStore()
    once, made = Once("acme", "POST /x", "mb_1", "k", "hash"), Made("tr_1", 2, 3)
    assert made_before(records, None, 0) is None
    assert once_puts(records, None, made, 0) == []
    assert made_before(records, once, 0) is None
    records.transact(once_puts(records, once, made, 5))
    assert made_before(records, once, 5 + DAY - 1) == made
    with pytest.raises(Refused, match="idempotency_key_reused"):
        made_before(records, replace(once, body_hash="other"), 6)
    for other in (
        replace(once, route="y"),
        replace(once, principal="mb_2"),
        replace(once, key="l"),
        replace(once, tenant="other"),
    ):
        assert made_before(records, other, 6) is None
    with pytest.raises(Conflict):
        records.transact(once_puts(records, once, made, 6))
    assert made_before(records, once, 5 + DAY) is None
    records.transact(once_puts(records, once, Made("tr_2"), 5 + DAY))
    assert made_before(records, once, 6 + DAY) == Made("tr_2")
    assert [row.purge_after for key, row in records.rows.items() if "#once#" in key.pk] == [5 + 2 * DAY]


def test_quota_counters_are_summed_over_their_shards() -> None:
    records = FakeRecordStore()
    for n in range(20):
        usage = get_usage(records, "acme", f"tr_{n}", "2026-01-01")
        assert (usage.transfers, usage.bytes) == (n, 10 * n)
        records.transact([day_put("acme", f"tr_{n}", "2026-01-01", usage, 0), bytes_put("acme", f"tr_{n}", usage, 10)])
    assert get_usage(records, "acme", "tr_1", "2026-01-02").transfers == 0
    assert len([key for key in records.rows if key.sk.startswith("bytes#")]) > 1
    records.transact(release_puts(records, [("acme", "tr_3", 10)]))
    assert get_usage(records, "acme", "tr_1", "2026-01-01").bytes == 190
    stale = get_usage(records, "acme", "tr_1", "2026-01-01")
    records.transact([bytes_put("acme", "tr_1", stale, 1)])
    with pytest.raises(Conflict):
        records.transact([bytes_put("acme", "tr_1", stale, 1)])


def test_a_file_request_comes_back_as_it_was_written() -> None:
    records = FakeRecordStore()
    made = FileRequest(
        "rq_01kdv0000000000000000000a1",
        TenantId("acme"),
        0,
        "mb_1",
        "Hanako",
        "h@acme.example",
        "ACME",
        "書類",
        1,
        2,
        "link",
        "ja",
        transfer_class=TransferClass.PLAIN,
        domains=("example.com",),
        max_bytes=2**60,
        state=RequestState.CLOSED,
    )
    records.transact([request_put(made)])
    assert get_request(records, "acme", made.id) == request_written(made)
    assert get_requests(records, "acme", ["rq_01kdv0000000000000000000a2", made.id]) == [request_written(made)]
    for wrong in ("rq_x", FULL.id, "rq_01kdv0000000000000000000a2"):
        with pytest.raises(NotFound):
            get_request(records, "acme", wrong)
    with pytest.raises(Conflict):
        records.transact([request_put(made)])


def test_a_wrapped_key_opens_until_it_is_destroyed() -> None:
    ctx = FakeContext()
    keep_transfer_key(ctx, "acme", FULL.id, b"k" * 32)
    assert open_transfer_key(ctx, "acme", FULL.id) == b"k" * 32
    assert not ctx.records.rows
    with pytest.raises(Conflict):
        keep_transfer_key(ctx, "acme", FULL.id, b"l" * 32)
    moved = ctx.wrapped_keys.get(wrapped_key("acme", FULL.id))
    assert moved is not None
    ctx.wrapped_keys.transact([Put(wrapped_key("acme", "tr_other"), moved.body)])
    with pytest.raises(Refused, match="key_wrong"):
        open_transfer_key(ctx, "acme", "tr_other")
    for _ in range(2):
        destroy_transfer_key(ctx, "acme", "tr_other")
    with pytest.raises(NotFound):
        open_transfer_key(ctx, "acme", "tr_other")
