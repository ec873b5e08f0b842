import json
from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull
from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.domain.transfer import State, TransferClass
from chalicelib.stores.due_store import due_minute, take_due
from chalicelib.stores.idempotency_store import Once
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.stores.wrapped_key_store import open_transfer_key
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from fumibako_format.keys import file_key
from fumibako_format.record import open_record
from tests.unit.use_cases.sending import MEMBER, TENANT, Office

SMALL = (FileSpec(10, "a.txt", "text/plain"),)


def codes(refused: Refused) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refused.errors]


def test_a_managed_transfer_is_made_with_key_plan_and_first_url() -> None:
    office = Office()
    made = office.create(SMALL, title="見積", message="どうぞ")
    head = office.head(made)
    assert head == made.head
    assert (head.version, head.state, head.files, head.bytes, head.recipients) == (1, State.UPLOADING, 1, 10, 1)
    assert (head.sender_name, head.company, head.owner) == ("hanako", "ACME", MEMBER)
    assert made.key is not None
    assert len(made.key) == 32
    assert open_transfer_key(office.ctx, TENANT, head.id) == made.key
    (entry,) = made.files
    assert (entry.offset, entry.length, entry.packed) == (0, 66, True)
    (url,) = made.uploads
    assert (url.part.number, url.part.size, url.signed.method) == (1, 66, "PUT")
    assert url.signed.expires_at == office.ctx.clock.now + 15 * MINUTE
    assert head.put_urls_until >= url.signed.expires_at


def test_names_of_a_managed_transfer_stand_nowhere_in_clear() -> None:
    office = Office()
    made = office.create((FileSpec(10, "秘密の名前.txt", "text/plain"),))
    assert all("秘密の名前" not in row.text for row in office.ctx.records.rows.values())
    assert made.key is not None
    (entry,) = office.files(made)
    record = open_record(entry.record or b"", file_key=file_key(made.key, entry.id), file_id=entry.id)
    assert (record.name, record.media_type, record.size) == ("秘密の名前.txt", "text/plain", 10)


def test_500_files_and_500_recipients_are_one_transaction() -> None:
    office = Office()
    files = tuple(FileSpec(20 << 20, f"{n}.bin") for n in range(500))
    recipients = tuple(RecipientSpec(f"r{n}@example.com") for n in range(500))
    before = office.ctx.records.calls["transact"]
    made = office.create(files, recipients=recipients)
    # One for the transfer, one for the tokens of the uploads that were begun for the first URLs.
    assert office.ctx.records.calls["transact"] - before == 2
    assert len(made.uploads) == 32
    assert len({one.part.blob for one in made.uploads}) == 16
    assert len(office.files(made)) == 500
    assert [one.email for one in get_recipients(office.ctx.records, TENANT, made.head.id)] == [
        one.email for one in recipients
    ]


def test_first_urls_are_256_at_most() -> None:
    made = Office().create((FileSpec(10 << 30, "big.bin"),))
    assert [one.part.number for one in made.uploads] == list(range(1, 257))


def test_its_event_holds_ids_and_numbers_only() -> None:
    office = Office()
    made = office.create(SMALL, title="Secret title", network="203.0.113.7")
    (event,) = office.ctx.records.outbox
    assert (event.type, event.subject, event.sequence) == ("transfer.created.v1", made.head.id, 1)
    assert event.data == {
        "actor": MEMBER,
        "class": "managed",
        "files": 1,
        "bytes": 10,
        "recipients": 1,
        "expires_at": "2026-01-08T00:00:00.000Z",
        "source": "api",
    }
    personal = office.ctx.keys.open(
        event.sealed["reporting"], tenant=TENANT, purpose="event-reporting", context=event.id
    )
    assert json.loads(personal) == {"network": "203.0.113.7"}


def test_expiry_and_abandonment_are_due() -> None:
    office = Office()
    made = office.create(SMALL, expires_in_minutes=30)
    due = [
        (item.kind, item.at)
        for minute in (made.head.expires_at, made.head.abandon_at or 0)
        for shard in range(4)
        for item in take_due(office.ctx.records, due_minute(minute), shard)[0]
    ]
    now = office.ctx.clock.now
    assert due == [("expire", now + 30 * MINUTE), ("abandon", now + 7 * DAY)]


def test_all_problems_are_listed_and_nothing_is_written() -> None:
    office = Office()
    rows = dict(office.ctx.records.rows)
    files = (
        FileSpec(-1, "a.txt"),
        FileSpec(1, "A.TXT"),
        FileSpec(1, "../x"),
        FileSpec(1),
        FileSpec(1, "b", "text/\nplain"),
        FileSpec(1, "c", None, 1 << 20),
        FileSpec(2**62, "d"),
    )
    recipients = (RecipientSpec("no address"), RecipientSpec("a@example.com"), RecipientSpec("A@EXAMPLE.com"))
    with pytest.raises(Refused) as caught:
        office.create(
            files, recipients=recipients, hold_minutes=61, max_downloads=0, expires_in_minutes=4, title="a\x07b"
        )
    assert codes(caught.value) == [
        ("/title", "text_wrong"),
        ("/expires_in_minutes", "expiry_past"),
        ("/hold_minutes", "hold_wrong"),
        ("/max_downloads", "max_downloads_wrong"),
        ("/files/0/size", "size_invalid"),
        ("/files/1/name", "name_twice"),
        ("/files/2/name", "name_invalid"),
        ("/files/3/name", "name_missing"),
        ("/files/4/media_type", "media_type_invalid"),
        ("/files/5/size", "plan_impossible"),
        ("/files/6/size", "plan_impossible"),
        ("/recipients/0/email", "address_invalid"),
        ("/recipients/2/email", "recipient_twice"),
    ]
    assert dict(office.ctx.records.rows) == rows
    assert not office.ctx.wrapped_keys.rows
    assert not office.ctx.records.outbox


@pytest.mark.parametrize(
    ("files", "fields", "code"),
    [
        ((), {}, "files_none"),
        (tuple(FileSpec(1, str(n)) for n in range(501)), {}, "too_many_files"),
        (SMALL, {"recipients": tuple(RecipientSpec(f"r{n}@example.com") for n in range(501))}, "too_many_recipients"),
        (SMALL, {"transfer_class": TransferClass.PLAIN}, "class_not_allowed"),
        (SMALL, {"transfer_class": TransferClass.SEALED}, "name_not_allowed"),
        (SMALL, {"expires_at": 1, "expires_in_minutes": 30}, "expiry_twice"),
        (SMALL, {"expires_in_minutes": 91 * 24 * 60}, "expiry_too_far"),
        (SMALL, {"send_at": 1}, "send_at_wrong"),
        (SMALL, {"language": "fr"}, "language_unknown"),
    ],
)
def test_bad_input_has_its_own_error(files: tuple[FileSpec, ...], fields: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as caught:
        Office().create(files, **fields)
    assert caught.value.code == code


def test_the_same_idempotency_key_gives_the_same_transfer() -> None:
    office = Office()
    once = Once(TENANT, "POST /v1/transfers", MEMBER, "k1", "hash")
    first = office.create(SMALL, once=once)
    again = office.create(SMALL, once=once)
    assert (again.head.id, again.key, list(again.files)) == (first.head.id, first.key, list(first.files))
    assert [one.part for one in again.uploads] == [one.part for one in first.uploads]
    with pytest.raises(Refused, match="idempotency_key_reused"):
        office.create(SMALL, once=replace(once, body_hash="other"))
    office.ctx.clock.advance(DAY)
    assert office.create(SMALL, once=once).head.id != first.head.id


def test_of_two_creates_with_one_key_at_once_one_makes_it() -> None:
    office = Office()
    once = Once(TENANT, "POST /v1/transfers", MEMBER, "k1", "hash")
    winners = []
    office.before_next_write(lambda: winners.append(office.create(SMALL, once=once)))
    loser = office.create(SMALL, once=once)
    assert loser.head.id == winners[0].head.id
    assert loser.key == winners[0].key
    assert len(office.ctx.wrapped_keys.rows) == 1


def test_quotas_refuse_what_passes_them() -> None:
    office = Office()
    office.set(quota_transfers_per_day=2, quota_bytes=25)
    office.create(SMALL)
    with pytest.raises(Refused, match="quota_full"):
        office.create((FileSpec(16, "b"),))
    office.create((FileSpec(15, "b"),))
    with pytest.raises(Refused, match="quota_exceeded") as caught:
        office.create((FileSpec(0, "c"),))
    assert caught.value.retry_after == 86_400
    assert len(office.ctx.wrapped_keys.rows) == 2
    office.ctx.clock.advance(DAY)
    assert office.create((FileSpec(0, "c"),)).head.bytes == 0


def test_a_store_without_room_is_told_before_anything_is_written() -> None:
    office = Office()
    office.ctx.blobs.room = 9
    with pytest.raises(StoreFull):
        office.create(SMALL)
    assert not office.ctx.records.outbox


def test_an_unanswered_write_keeps_the_key() -> None:
    office = Office()

    def away() -> None:
        raise StoreAway

    office.ctx.records.before_commit = away
    with pytest.raises(StoreAway):
        office.create(SMALL)
    assert len(office.ctx.wrapped_keys.rows) == 1


def test_a_plain_transfer_has_no_key_and_no_pack() -> None:
    office = Office()
    office.set(allow_plain=True)
    made = office.create((FileSpec(0, "empty"), FileSpec(5, "five")), transfer_class=TransferClass.PLAIN)
    assert made.key is None
    assert not office.ctx.wrapped_keys.rows
    assert [(one.name, one.length, one.packed) for one in made.files] == [("empty", 0, False), ("five", 5, False)]
    assert [one.part.size for one in made.uploads] == [0, 5]


@pytest.mark.parametrize("wrong", ["tr_nonsense", "tr_01kdv0000000000000000000a1", "x", ""])
def test_malformed_and_absent_ids_answer_alike(wrong: str) -> None:
    with pytest.raises(NotFound):
        get_transfer(Office().ctx.records, TENANT, wrong)
