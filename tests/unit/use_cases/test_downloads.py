from dataclasses import replace

import pytest

from chalicelib.domain.download import IDLE
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tenant import MINUTE
from chalicelib.domain.transfer import Reason, State, TransferClass
from chalicelib.stores.download_store import get_session, session_put
from chalicelib.stores.idempotency_store import Once
from chalicelib.stores.recipients_store import get_state
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.stores.wrapped_key_store import destroy_transfer_key
from chalicelib.use_cases.receiving.byte_gate import require_open
from chalicelib.use_cases.receiving.complete_download import complete_download
from chalicelib.use_cases.receiving.download_links import OpenedDownload
from chalicelib.use_cases.receiving.renew_download import renew_download
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.check_done import FileDone
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from fumibako_format.keys import file_key
from tests.unit.use_cases.living import LivingOffice, guest_principal, types
from tests.unit.use_cases.sending import OTHER, TENANT, principal

TWO = (RecipientSpec("a@example.com"), RecipientSpec("b@example.com"))


def take(office: LivingOffice, created: Created, number: int = 0, *files: str, sign_in: str = "gs_1") -> OpenedDownload:
    return start_download(
        office.ctx, office.guest(created, number, sign_in), StartDownload(created.head.id, tuple(files))
    )


def finish(office: LivingOffice, created: Created, opened: OpenedDownload, number: int = 0, *files: str) -> None:
    guest = office.guest(created, number)
    complete_download(office.ctx, guest, transfer=created.head.id, session=opened.session, files=files)


def test_a_session_gives_urls_keys_and_places() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"defg"])
    opened = take(office, created)
    assert created.key is not None
    assert [one.entry.id for one in opened.files] == [one.id for one in created.files]
    assert [one.key for one in opened.files] == [file_key(created.key, one.id) for one in created.files]
    assert len({one.url.url for one in opened.files}) == 1  # one pack, one address
    assert opened.expires_at == office.ctx.clock.now + 15 * MINUTE
    assert all(one.entry.record for one in opened.files)


def test_sealed_gives_no_key() -> None:
    office = LivingOffice()
    created = office.send_sealed([b"abc"])
    office.work()
    assert [one.key for one in take(office, created).files] == [None]


def test_a_file_is_counted_once_within_its_session() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1)
    opened = take(office, created)
    again = take(office, created)  # a reload before the file arrived burns nothing
    renewed = renew_download(office.ctx, office.guest(created), transfer=created.head.id, session=again.session)
    assert renewed.session == again.session != opened.session
    with pytest.raises(Refused, match="downloads_spent"):
        take(office, created, sign_in="gs_2")
    state = get_state(office.ctx.records, TENANT, created.head.id, office.guest(created).id)
    assert (state.downloads, state.state, state.exhausted_files) == (1, "exhausted", 1)


def test_after_it_arrived_the_next_one_counts() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=2, recipients=TWO)
    for _ in range(2):
        finish(office, created, take(office, created))
    with pytest.raises(Refused, match="downloads_spent"):
        take(office, created)
    assert office.head(created).exhausted_recipients == 1
    assert office.head(created).state is State.READY


def test_named_files_that_are_spent_are_told_one_by_one() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"def"], max_downloads=1)
    first, second = (one.id for one in created.files)
    finish(office, created, take(office, created, 0, first))
    with pytest.raises(Refused, match="downloads_spent") as refused:
        take(office, created, 0, second, first)
    assert [one.pointer for one in refused.value.errors] == ["/files/1"]
    rest = take(office, created)  # without names what is left
    assert [one.entry.id for one in rest.files] == [second]


def test_two_at_once_share_one_last_download() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1)
    office.before_next_write(lambda: take(office, created, sign_in="gs_2"))
    with pytest.raises(Refused, match="downloads_spent"):
        take(office, created)


def test_exhausted_closes_when_no_session_is_open() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1, recipients=TWO)
    finish(office, created, take(office, created))
    last = take(office, created, 1)
    assert office.head(created).state is State.READY
    finish(office, created, last, 1)
    head = office.head(created)
    assert (head.state, head.reason) == (State.CLOSED, Reason.EXHAUSTED)
    finish(office, created, last, 1)  # saying so again is no error
    office.settle()
    assert office.head(created).state is State.DESTROYED


def test_exhausted_waits_for_a_session_that_idles_out() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.ready([b"abc"], max_downloads=1, recipients=TWO)
    take(office, created)
    finish(office, created, take(office, created, 1), 1)
    office.sweep()
    assert office.head(created).state is State.READY
    office.ctx.clock.advance(IDLE + MINUTE)
    office.settle()
    assert office.head(created).reason is Reason.EXHAUSTED


def test_a_raised_limit_gives_downloads_back() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1, recipients=TWO)
    finish(office, created, take(office, created))
    office.ctx.records.transact([transfer_put(replace(office.head(created), max_downloads=2))])
    for _ in range(2):
        finish(office, created, take(office, created, 1), 1)
    assert office.head(created).state is State.READY
    finish(office, created, take(office, created))
    assert office.head(created).reason is Reason.EXHAUSTED


def test_a_session_belongs_to_its_recipient() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], recipients=TWO)
    opened = take(office, created)
    for act in (renew_download, complete_download):
        with pytest.raises(NotFound):
            act(office.ctx, office.guest(created, 1), transfer=created.head.id, session=opened.session)
        with pytest.raises(NotFound):
            act(office.ctx, office.guest(created), transfer=created.head.id, session="dl_x")
    with pytest.raises(NotFound):
        take(office, created, 0, "fi_01kdv0000000000000000000zz")


def test_strangers_find_nothing() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    other = office.ready([b"abc"])
    strangers = [principal(OTHER), replace(principal(), tenant="beta"), office.guest(other)]  # type: ignore[arg-type]
    for stranger in strangers:
        with pytest.raises(NotFound):
            start_download(office.ctx, stranger, StartDownload(created.head.id))


def test_owner_and_member_recipients_fetch_too() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1, recipients=(RecipientSpec("Taro@acme.example"),))
    for _ in range(3):
        opened = start_download(office.ctx, principal(), StartDownload(created.head.id))
        complete_download(office.ctx, principal(), transfer=created.head.id, session=opened.session)
    assert office.head(created).state is State.READY
    opened = start_download(office.ctx, principal(OTHER), StartDownload(created.head.id))
    complete_download(office.ctx, principal(OTHER), transfer=created.head.id, session=opened.session)
    assert office.head(created).reason is Reason.EXHAUSTED


def test_nobody_fetches_before_it_is_ready_or_after_its_end() -> None:
    office = LivingOffice()
    created = office.send([b"abc"], hold_minutes=5)
    office.work()
    with pytest.raises(NotFound):
        take(office, created)
    with pytest.raises(Refused, match="state_wrong"):
        start_download(office.ctx, principal(), StartDownload(created.head.id))
    office.ctx.clock.advance(5 * MINUTE)
    office.settle()
    opened = take(office, created)
    office.ctx.clock.now = office.head(created).expires_at - 1
    renewing = take(office, created, sign_in="gs_9")
    assert renewing.expires_at == office.head(created).expires_at
    office.ctx.clock.advance(1)
    for act in (
        lambda: take(office, created),
        lambda: finish(office, created, opened),
        lambda: renew_download(office.ctx, office.guest(created), transfer=created.head.id, session=opened.session),
    ):
        with pytest.raises(Refused, match="gone"):
            act()


def test_a_renewed_session_ends_after_an_idle_hour() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    opened = take(office, created)
    office.ctx.clock.advance(IDLE - 1)
    renew_download(office.ctx, office.guest(created), transfer=created.head.id, session=opened.session)
    office.ctx.clock.advance(IDLE)
    with pytest.raises(Refused, match="download_over"):
        renew_download(office.ctx, office.guest(created), transfer=created.head.id, session=opened.session)


def test_the_same_idempotency_key_is_the_same_session() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1)
    guest = office.guest(created)
    command = StartDownload(created.head.id, once=Once(TENANT, "POST downloads", guest.id, "k1", "h1"))
    opened = start_download(office.ctx, guest, command)
    assert start_download(office.ctx, guest, command).session == opened.session
    with pytest.raises(Refused, match="idempotency_key_reused"):
        start_download(office.ctx, guest, StartDownload(created.head.id, once=replace(command.once, body_hash="h2")))  # type: ignore[type-var]


def test_more_than_500_files_are_refused() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    with pytest.raises(Refused, match="too_many_files"):
        take(office, created, 0, *(f"fi_{n}" for n in range(501)))


def test_a_transfer_is_walked_through_without_naming_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.use_cases.receiving.start_download.MAX_FILES", 2)
    office = LivingOffice()
    created = office.ready([b"a", b"b", b"c", b"d", b"e"])
    guest, cursor, found = office.guest(created), None, []
    for _ in range(3):
        opened = start_download(office.ctx, guest, StartDownload(created.head.id, cursor=cursor))
        found.append([one.entry.id for one in opened.files])
        cursor = opened.cursor
    ids = [one.id for one in created.files]
    assert (found, cursor) == ([ids[:2], ids[2:4], ids[4:]], None)
    with pytest.raises(Refused, match="cursor_invalid"):
        start_download(office.ctx, guest, StartDownload(created.head.id, cursor="first"))
    once = StartDownload(created.head.id, once=Once(TENANT, "POST downloads", guest.id, "k1", "h1"))
    first, again = start_download(office.ctx, guest, once), start_download(office.ctx, guest, once)
    assert (first.session, first.cursor) == (again.session, again.cursor)
    assert first.cursor is not None
    named = start_download(office.ctx, guest, StartDownload(created.head.id, (ids[0],), cursor=found[0][0]))
    assert ([one.entry.id for one in named.files], named.cursor) == (ids[:1], None)


def test_a_session_of_an_older_version_knows_no_bytes() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"de"])
    opened = take(office, created)
    session = get_session(office.ctx.records, TENANT, created.head.id, opened.session)
    assert session.bytes == 5
    office.ctx.records.transact(session_put(TENANT, replace(session, bytes=None)))
    finish(office, created, opened)
    assert office.work()[-1].data["bytes"] == 5


def test_the_sender_is_told_what_arrived() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"de"])
    finish(office, created, take(office, created))
    started, completed = office.work()
    assert types([started, completed]) == ["download.started", "download.completed"]
    assert (started.data["files"], started.data["bytes"]) == (2, 5)
    assert completed.data["session"] == started.data["session"]
    assert set(completed.sealed) == {"notifications"}
    assert set(started.sealed) == {"reporting"}
    state = get_state(office.ctx.records, TENANT, created.head.id, office.guest(created).id)
    assert (state.state, state.last_download_at) == ("downloaded", office.ctx.clock.now)


def test_the_byte_gate_follows_the_state() -> None:
    office = LivingOffice()
    ctx = office.ctx
    created = office.send([b"abc"], hold_minutes=5)
    transfer = created.head.id
    for method, code in (("PUT", "upload_closed"), ("GET", "gone"), ("HEAD", "gone"), ("POST", "not_found")):
        with pytest.raises(Refused, match=code):
            require_open(ctx, TENANT, transfer, method)
    open_one = office.create((FileSpec(3, "a.txt"),))
    require_open(ctx, TENANT, open_one.head.id, "PUT")
    ready = office.ready([b"abc"])
    require_open(ctx, TENANT, ready.head.id, "GET")
    with pytest.raises(NotFound):
        require_open(ctx, "beta", ready.head.id, "GET")
    ctx.clock.now = ready.head.expires_at
    for one, method in ((ready, "GET"), (open_one, "PUT")):
        with pytest.raises(Refused, match="gone"):
            require_open(ctx, TENANT, one.head.id, method)


def test_a_guest_who_proved_who_they_are_is_shown_as_opened() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    guest = office.guest(created)
    assert guest == guest_principal(guest.id, created.head.id)
    office.verified(created, guest.id)
    assert get_state(office.ctx.records, TENANT, created.head.id, guest.id).state == "opened"
    finish(office, created, take(office, created))
    office.verified(created, guest.id)
    assert get_state(office.ctx.records, TENANT, created.head.id, guest.id).state == "downloaded"


@pytest.mark.parametrize("content", [b"", b"plain text"])
def test_plain_files_are_scanned_and_fetched_as_they_are(content: bytes) -> None:
    office = LivingOffice()
    office.set(allow_plain=True)
    spec = FileSpec(len(content), "a.txt", "text/plain")
    created = office.create((spec,), transfer_class=TransferClass.PLAIN, hold_minutes=0)
    for upload in created.uploads:
        office.ctx.blobs.put(upload.signed, content)
    complete_files(office.ctx, principal(), created.head.id, [FileDone(created.files[0].id)])
    complete_transfer(office.ctx, principal(), created.head.id, Completion())
    office.work()
    assert office.ctx.scanner.scanned == [len(content)]
    (file,) = take(office, created).files
    assert (file.key, file.entry.name, file.entry.record) == (None, "a.txt", None)
    assert office.ctx.blobs.get(file.url) == content
    office.ctx.clock.now = office.head(created).expires_at
    office.settle()
    assert "a.txt" not in office.text(created.head.id, "files#00000")


def test_a_destroyed_key_is_said_plainly_and_counts_nothing() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1)
    destroy_transfer_key(office.ctx, TENANT, created.head.id)
    with pytest.raises(Refused, match="key_gone"):
        take(office, created)
    assert get_state(office.ctx.records, TENANT, created.head.id, office.guest(created).id).downloads == 0
