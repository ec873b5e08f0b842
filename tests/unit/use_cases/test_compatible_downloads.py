"""The compatible download over fakes: who gets an address, what it gives, when it ends, and what is told of it."""

import io
import json
import zipfile

import pytest

from chalicelib.domain.download import IDLE as SESSION_IDLE
from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.domain.fetch_address import IDLE
from chalicelib.domain.files import FileEntry
from chalicelib.domain.tenant import MINUTE
from chalicelib.domain.transfer import Reason, State
from chalicelib.stores.fetch_store import get_fetch
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.receiving.complete_download import complete_download
from chalicelib.use_cases.receiving.fetch_stream import fetched
from chalicelib.use_cases.receiving.issue_fetch_address import IssuedAddress, issue_fetch_address
from chalicelib.use_cases.receiving.kept_checksums import KeptChecksums
from chalicelib.use_cases.receiving.note_fetch import fetch_answered, fetch_began
from chalicelib.use_cases.receiving.open_fetch import open_fetch, require_fetch_open
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.create_command import RecipientSpec
from tests.unit.use_cases.event_schemas import outside, problems, undeclared
from tests.unit.use_cases.living import LivingOffice, signed_in, types
from tests.unit.use_cases.sending import TENANT, principal

MIB = 1024**2
TWO = (RecipientSpec("a@example.com"), RecipientSpec("b@example.com"))


class Reader:
    """A recipient with a download session of all files."""

    def __init__(self, office: LivingOffice, created: Created, number: int = 0) -> None:
        self.office, self.created = office, created
        self.guest = signed_in(office.ctx, office.guest(created, number))
        self.session = start_download(office.ctx, self.guest, StartDownload(created.head.id)).session

    def ask(self, *numbers: int) -> IssuedAddress:
        ids = tuple(self.created.files[n].id for n in numbers)
        return issue_fetch_address(
            self.office.ctx, self.guest, transfer=self.created.head.id, session=self.session, files=ids
        )

    def token(self, *numbers: int) -> str:
        return self.ask(*numbers).url.rsplit("/", 1)[1]

    def take(self, token: str, start: int = 0, end: int | None = None) -> bytes:
        """What a request gets, told as the host tells it."""
        plan = open_fetch(self.office.ctx, token)
        fetch_began(self.office.ctx, token)
        last = plan.length if end is None else end
        body = b"".join(bytes(one) for one in fetched(self.office.ctx, plan, start, last, KeptChecksums()))
        fetch_answered(self.office.ctx, token, start=start, end=start + len(body), length=plan.length)
        return body


def refused(act: object, *arguments: object) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments)  # type: ignore[operator]
    return caught.value.code


@pytest.fixture
def office() -> LivingOffice:
    return LivingOffice()


def test_one_file_is_given_as_it_is(office: LivingOffice) -> None:
    contents = [b"", b"small", bytes(range(256)) * 9_000]
    reader = Reader(office, office.ready(contents))
    for number, content in enumerate(contents):
        issued = reader.ask(number)
        assert (issued.name, issued.length, issued.media_type) == (
            f"{number}.txt",
            len(content),
            "application/octet-stream",
        )
        assert issued.expires_at == office.ctx.clock.now + IDLE
        assert reader.take(issued.url.rsplit("/", 1)[1]) == content


def test_several_are_one_zip_of_the_said_length(office: LivingOffice) -> None:
    contents = [b"one", b"", bytes(2 * MIB + 3)]
    reader = Reader(office, office.ready(contents, title="お見積り 1/2"))
    issued = reader.ask(0, 1, 2)
    body = reader.take(issued.url.rsplit("/", 1)[1])
    assert (issued.media_type, issued.name, issued.length) == ("application/zip", "お見積り 1_2.zip", len(body))
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        assert opened.testzip() is None
        assert [opened.read(f"{n}.txt") for n in range(3)] == contents


@pytest.mark.parametrize("numbers", [(1,), (0, 1, 2)], ids=["file", "zip"])
def test_every_range_is_that_part_of_the_whole(office: LivingOffice, numbers: tuple[int, ...]) -> None:
    reader = Reader(office, office.ready([b"abc", bytes(range(251)) * 9_000, b"xyz"]))
    token = reader.token(*numbers)
    whole = reader.take(token)
    places = [0, 1, 40, 100, MIB - 57, MIB - 56, MIB, 2 * MIB, len(whole) - 60, len(whole) - 1, len(whole)]
    for start in places:
        for end in places:
            if start < end:
                assert reader.take(token, start, end) == whole[start:end], (start, end)


def test_a_zip_taken_up_again_reads_what_it_must_sum_and_gives_empty_pieces_meanwhile(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([bytes(range(250)) * 13_000, b"tail"]))
    plan = open_fetch(office.ctx, reader.token(0, 1))
    whole = b"".join(bytes(one) for one in fetched(office.ctx, plan, 0, plan.length, KeptChecksums()))
    pieces = [bytes(one) for one in fetched(office.ctx, plan, 3 * MIB, plan.length, KeptChecksums())]
    assert b"".join(pieces) == whole[3 * MIB :]
    assert pieces.count(b"") == 4
    kept = KeptChecksums()
    first = fetched(office.ctx, plan, 0, plan.length, kept)
    for _ in range(4):
        next(first)
    first.close()  # the client went away
    pieces = [bytes(one) for one in fetched(office.ctx, plan, 3 * MIB, plan.length, kept)]
    assert b"".join(pieces) == whole[3 * MIB :]
    assert pieces.count(b"") == 2


@pytest.mark.parametrize("number", [0, 1], ids=["packed", "large"])
def test_a_flipped_bit_gives_nothing_wrong(office: LivingOffice, number: int) -> None:
    contents = [b"packed one", bytes(range(256)) * 9_000]
    reader = Reader(office, office.ready(contents))
    plan = open_fetch(office.ctx, reader.token(number))
    file = plan.files[0]
    stored = office.ctx.blobs.blobs[file.ref]
    data = bytearray(stored.data)
    data[file.entry.offset + (file.entry.length or 0) - 20] ^= 1
    office.ctx.blobs.blobs[file.ref] = type(stored)(stored.version, bytes(data), stored.sizes)
    got = bytearray()

    def read() -> None:
        for piece in fetched(office.ctx, plan, 0, plan.length, KeptChecksums()):
            got.extend(piece)

    assert refused(read) == "bytes_broken"
    assert len(got) < plan.length
    assert contents[number].startswith(bytes(got))


def test_who_gets_an_address_and_who_does_not(office: LivingOffice) -> None:
    created = office.ready([b"abc", b"def"], recipients=TWO)
    reader, other = Reader(office, created), Reader(office, created, 1)
    ids = (created.files[0].id,)

    def ask(guest: object = reader.guest, session: str = reader.session, files: tuple[str, ...] = ids) -> object:
        return issue_fetch_address(office.ctx, guest, transfer=created.head.id, session=session, files=files)  # type: ignore[arg-type]

    assert refused(ask, other.guest) == "not_found"
    assert refused(ask, reader.guest, "dl_01kdv0000000000000000000zz") == "not_found"
    assert refused(ask, reader.guest, reader.session, ("fi_01kdv0000000000000000000zz",)) == "not_found"
    assert refused(ask, reader.guest, reader.session, ()) == "files_wrong"
    assert refused(ask, reader.guest, reader.session, ids * 2) == "files_wrong"
    complete_download(office.ctx, reader.guest, transfer=created.head.id, session=reader.session)
    assert refused(ask) == "download_over"


def test_sealed_is_refused_and_the_tenants_rule_holds(office: LivingOffice) -> None:
    sealed = office.send_sealed([b"abc"])
    office.work()
    assert refused(Reader(office, sealed).ask, 0) == "sealed_unopenable"
    reader = Reader(office, office.ready([b"abc"]))
    token = reader.token(0)
    office.set(compatible_downloads="block")
    assert refused(reader.ask, 0) == "compatible_not_allowed"
    assert refused(open_fetch, office.ctx, token) == "compatible_not_allowed"


def test_an_install_without_a_host_says_so(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([b"abc"]))
    office.ctx.fetch_addresses.away = True
    assert refused(reader.ask, 0) == "compatible_away"


def test_the_token_stands_nowhere(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([b"abc"]))
    token = reader.token(0)
    reader.take(token)
    stored = "".join(row.text for row in office.ctx.records.rows.values())
    assert token.partition(".")[2] not in stored + json.dumps([event.data for event in office.ctx.records.outbox])


def test_an_address_that_is_used_lives_on_and_keeps_its_session_open(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([b"abc"]))
    token = reader.token(0)
    for _ in range(10):
        office.ctx.clock.advance(IDLE - 1)
        require_fetch_open(office.ctx, token)
    assert office.ctx.clock.now - get_fetch(office.ctx.records, token).made_at > 2 * SESSION_IDLE
    office.ctx.clock.advance(IDLE)
    assert refused(require_fetch_open, office.ctx, token) == "address_over"


def test_uses_within_a_minute_are_not_written(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([b"abc"]))
    token = reader.token(0)
    before = {key: row.version for key, row in office.ctx.records.rows.items()}
    office.ctx.clock.advance(MINUTE - 1)
    require_fetch_open(office.ctx, token)
    assert {key: row.version for key, row in office.ctx.records.rows.items()} == before


def test_recall_expiry_and_sign_out_end_it(office: LivingOffice) -> None:
    created = office.ready([b"abc"])
    reader = Reader(office, created)
    token = reader.token(0)
    recall_transfer(office.ctx, principal(), created.head.id)
    assert refused(open_fetch, office.ctx, token) == "gone"
    again = Reader(office, office.ready([b"abc"], expires_in_minutes=10))
    token = again.token(0)
    office.ctx.clock.advance(10 * MINUTE)
    assert refused(require_fetch_open, office.ctx, token) == "gone"
    for unknown in ("", "x", token[:-1], "other." + token.partition(".")[2], "acme." + "A" * 27):
        with pytest.raises(NotFound):
            open_fetch(office.ctx, unknown)


def test_what_was_opened_is_audited_once_with_its_files(office: LivingOffice) -> None:
    created = office.ready([b"abc", b"de"])
    reader = Reader(office, created)
    token = reader.token(1, 0)
    office.ctx.records.outbox.clear()
    reader.take(token, 0, 1)
    reader.take(token, 1)
    reader.take(token)
    opened, completed = office.ctx.records.outbox
    assert types([opened, completed]) == ["download.opened", "download.completed"]
    assert opened.data == {
        "actor": reader.guest.id,
        "recipient": reader.guest.id,
        "session": reader.session,
        "files": 2,
        "bytes": 5,
        "file_ids": [created.files[1].id, created.files[0].id],
    }
    assert completed.data["told_by"] == "server"
    for event in (opened, completed):
        assert (problems(event.type, outside(event)), undeclared(event)) == ([], set())


def test_a_program_that_verified_says_so_itself(office: LivingOffice) -> None:
    created = office.ready([b"abc"])
    reader = Reader(office, created)
    complete_download(office.ctx, reader.guest, transfer=created.head.id, session=reader.session)
    assert office.ctx.records.outbox[-1].data["told_by"] == "reader"


def test_without_a_limit_all_sent_is_told_at_once_and_can_be_asked_for_again(office: LivingOffice) -> None:
    created = office.ready([b"abc"])
    reader = Reader(office, created)
    token = reader.token(0)
    assert reader.take(token) == b"abc"
    assert types(office.ctx.records.outbox[-1:]) == ["download.completed"]
    assert reader.take(token, 1) == b"bc"
    office.ctx.clock.advance(IDLE)
    assert refused(open_fetch, office.ctx, token) == "address_over"


def test_the_last_download_does_not_close_the_transfer_before_its_bytes_can_have_arrived(office: LivingOffice) -> None:
    created = office.ready([b"abc"], max_downloads=1)
    reader = Reader(office, created)
    token = reader.token(0)
    reader.take(token)
    office.ctx.clock.advance(10 * MINUTE)
    assert reader.take(token, 2) == b"c"  # what was lost on the way is asked for again
    office.ctx.clock.advance(10 * MINUTE)
    office.sweep()
    assert office.head(created).state is State.READY
    office.ctx.clock.advance(6 * MINUTE)
    office.sweep()
    head = office.head(created)
    assert (head.reason, head.state is State.READY) == (Reason.EXHAUSTED, False)


def test_a_server_that_died_before_telling_tells_it_later(
    office: LivingOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(office, office.ready([b"abc"]))
    token = reader.token(0)

    def died(*_: object, **__: object) -> None:
        raise StoreAway

    with monkeypatch.context() as dying:
        dying.setattr("chalicelib.use_cases.receiving.note_fetch.complete_sent", died)
        assert refused(reader.take, token) == "store_away"
    assert "download.completed" not in types(office.ctx.records.outbox)
    office.ctx.clock.advance(16 * MINUTE)
    office.sweep()
    assert types(office.ctx.records.outbox).count("download.completed") == 1
    office.ctx.clock.advance(16 * MINUTE)
    office.sweep()
    assert types(office.ctx.records.outbox).count("download.completed") == 1


def test_a_sweep_after_the_end_has_nothing_to_tell(office: LivingOffice) -> None:
    created = office.ready([b"abc"], max_downloads=1, recipients=TWO)
    reader = Reader(office, created)
    reader.take(reader.token(0))
    recall_transfer(office.ctx, principal(), created.head.id)
    office.settle()
    office.ctx.records.outbox.clear()
    office.ctx.clock.advance(20 * MINUTE)
    office.sweep()
    assert "download.completed" not in types(office.ctx.records.outbox)


def test_two_answers_at_once_lose_no_range(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([b"abcdef"]))
    token = reader.token(0)
    ctx = office.ctx
    office.before_next_write(lambda: fetch_answered(ctx, token, start=0, end=3, length=6))
    fetch_answered(ctx, token, start=3, end=6, length=6)
    assert get_fetch(ctx.records, token).sent_at is not None


def test_a_record_that_opens_to_nobody_names_the_file_by_its_number(office: LivingOffice) -> None:
    reader = Reader(office, office.ready([b"abc"]))
    entry: FileEntry = reader.created.files[0]
    key = f"{TENANT}#tr#{reader.created.head.id}"
    row = next(row for at, row in office.ctx.records.rows.items() if at.pk == key and at.sk.startswith("files#"))
    body = json.loads(row.text)
    record = body["files"][0]["record"]
    body["files"][0]["record"] = ("A" if record[60] != "A" else "B").join((record[:60], record[61:]))
    object.__setattr__(row, "text", json.dumps(body))
    assert (reader.ask(0).name, entry.index) == ("files-1", 0)
