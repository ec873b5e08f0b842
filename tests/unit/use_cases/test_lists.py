"""Lists by state and by word: they follow what happens, in the same write or by an event, and cost the same however long they are."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import MINUTE
from chalicelib.domain.transfer import State, Transfer, TransferClass
from chalicelib.ports.record_store import Key
from chalicelib.stores.index_store import all_pk, sent_pk, state_lines, state_pk
from chalicelib.stores.transfer_store import transfer_from, transfer_put
from chalicelib.stores.word_store import make_marker, word_pk
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.receiving.complete_download import complete_download
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from chalicelib.use_cases.sending.change_transfer import ChangeTransfer, change_transfer
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from chalicelib.use_cases.sending.index_transfer import index_transfer
from chalicelib.use_cases.sending.list_transfers import TransferPage, Wanted, list_transfers
from tests.fakes.scanner import FakeScanner
from tests.unit.domain.transfers import transfer as a_transfer
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import ADDRESSES, ADMIN, MEMBER, OTHER, TENANT, principal

SMALL = (FileSpec(10, "a.txt", "text/plain"),)


def found(office: LivingOffice, who: str = MEMBER, *, limit: int = 50, **fields: Any) -> list[str]:
    """Ids of all pages."""
    ids: list[str] = []
    cursor = None
    while True:
        page = list_transfers(office.ctx, principal(who), Wanted(**fields), cursor=cursor, limit=limit)
        ids += [view.head.id for view in page.items]
        cursor = page.cursor
        if cursor is None:
            return ids


def heads(office: LivingOffice) -> list[Transfer]:
    records = office.ctx.records
    return [
        transfer_from(r) for key in records.rows if key.sk == "head" and (r := records.get(key)) and "tr_" in key.pk
    ]


def require_lists_agree(office: LivingOffice) -> None:
    """Each head stands in the lists of its state, and in no other."""
    lists = {state_pk(pk, state) for pk in (all_pk(TENANT), sent_pk(TENANT, MEMBER)) for state in State}
    there = {key for key in office.ctx.records.rows if key.pk in lists}
    wanted = {operation.key for head in heads(office) for operation in state_lines(None, head)}
    assert there == wanted


def words_left(office: LivingOffice) -> list[Key]:
    return [key for key in office.ctx.records.rows if "#word#" in key.pk or key.sk == "words"]


def test_lines_move_with_every_state_a_transfer_goes_through() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.send([b"abc"], hold_minutes=1)
    one = created.head.id
    seen = []
    for step in (office.work, lambda: office.ctx.clock.advance(2 * MINUTE), office.sweep, office.work):
        require_lists_agree(office)
        seen.append([state for state in State if found(office, states=frozenset({state})) == [one]])
        step()
    assert seen == [[State.CHECKING], [State.HELD], [State.HELD], [State.READY]]
    require_lists_agree(office)
    recall_transfer(office.ctx, principal(), one)
    require_lists_agree(office)
    assert found(office, states=frozenset({State.CLOSED})) == [one]
    office.settle()
    require_lists_agree(office)
    assert found(office, states=frozenset({State.DESTROYED})) == found(office) == [one]


@pytest.mark.parametrize("ending", ["abandoned", "exhausted", "expired", "infected", "sent now"])
def test_lines_follow_every_other_way(ending: str) -> None:
    office = LivingOffice()
    office.sweep()
    if ending == "infected":
        office.ctx.scanner = FakeScanner("infected")
        office.send([b"abc"])
    elif ending == "abandoned":
        office.create(SMALL, expires_in_minutes=20 * 24 * 60)
    elif ending == "sent now":
        created = office.send([b"abc"], hold_minutes=30)
        office.work()
        change_transfer(
            office.ctx, principal(), created.head.id, ChangeTransfer(office.head(created).version, send_now=True)
        )
    elif ending == "exhausted":
        created = office.ready([b"abc"], max_downloads=1)
        guest = office.guest(created)
        started = start_download(office.ctx, guest, StartDownload(created.head.id))
        files = (created.files[0].id,)
        complete_download(office.ctx, guest, transfer=created.head.id, session=started.session, files=files)
    else:
        office.ready([b"abc"])
    require_lists_agree(office)
    office.work()
    require_lists_agree(office)
    if ending != "sent now":
        office.ctx.clock.advance(30 * 24 * 60 * MINUTE)
    office.settle()
    require_lists_agree(office)
    assert [head.state for head in heads(office)] == [State.READY if ending == "sent now" else State.DESTROYED]


def test_of_two_writers_one_moves_the_line() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.send([b"abc"], hold_minutes=1)
    office.work()
    office.ctx.clock.advance(2 * MINUTE)
    office.before_next_write(lambda: recall_transfer(office.ctx, principal(), created.head.id))
    change = ChangeTransfer(office.head(created).version, send_now=True)
    with pytest.raises(Refused, match="version_changed"):
        change_transfer(office.ctx, principal(), created.head.id, change)
    require_lists_agree(office)
    assert found(office, states=frozenset({State.CLOSED})) == [created.head.id]


def test_what_was_sent_is_found_by_words_of_title_recipients_and_files() -> None:
    office = LivingOffice()
    people = (RecipientSpec("Soto@partner.example", "外 太郎"), RecipientSpec("naka@other.example"))
    created = office.ready([b"abc"], title="Ｑ３ 見積書の件", recipients=people)
    decoy = office.ready([b"abc"], title="見本 積算")
    one = created.head.id
    for query in (
        "見積",
        "見積書",
        "q3",
        "Q 3",
        "PARTNER",
        "partner.example",
        "soto@partner.example",
        "太郎",
        "txt 見積書",
        one,
        one[:20],
        f"{one} の件",
    ):
        assert one in found(office, query=query), query
    for query in ("見積書", "partner", "太郎"):
        assert found(office, query=query) == [one]
    assert found(office, query="txt") == [decoy.head.id, one]
    for query in ("見算", "absent", "partner absent", "...", "tr_00000"):
        assert found(office, query=query) == []
    assert found(office, recipient="SOTO@partner.example") == [one]
    assert found(office, recipient="soto@other.example") == []
    assert found(office, recipient="naka@other.example", query="見積", states=frozenset({State.READY})) == [one]
    assert found(office, query="見積", states=frozenset({State.HELD})) == []
    assert found(office, OTHER, query="見積") == []


def test_a_transfer_on_its_way_is_found_by_reading() -> None:
    office = LivingOffice()
    created = office.create(SMALL, title="Plans", recipients=(RecipientSpec("soto@partner.example"),))
    one = created.head.id
    assert found(office, query="plans partner") == found(office, recipient="soto@partner.example") == [one]
    assert found(office, query="plans", states=frozenset({State.READY})) == []
    assert found(office, query="a.txt") == []  # names are in sealed records until it is completed


def test_the_class_narrows_and_sealed_names_are_nobodys() -> None:
    office = LivingOffice()
    sealed = office.send_sealed([b"abc"], title="Contract")
    plain = office.ready([b"abc"], title="Contract")
    office.work()
    assert found(office, transfer_class=TransferClass.SEALED) == [sealed.head.id]
    assert found(office, transfer_class=TransferClass.MANAGED, query="contract") == [plain.head.id]
    assert found(office, query="contract") == [plain.head.id, sealed.head.id]


def test_added_recipients_are_found() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    change = ChangeTransfer(office.head(created).version, add_recipients=(RecipientSpec("late@partner.example"),))
    change_transfer(office.ctx, principal(), created.head.id, change)
    office.work()
    assert found(office, recipient="late@partner.example") == found(office, query="late") == [created.head.id]


def test_no_word_stands_in_clear_and_none_is_left_after_destruction() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], title="secret", recipients=(RecipientSpec("soto@partner.example"),))
    assert len(words_left(office)) > 5
    assert not any(word in "".join(key) for key in words_left(office) for word in ("secret", "soto", "partner", "txt"))
    office.settle()
    recall_transfer(office.ctx, principal(), created.head.id)
    office.settle()
    assert words_left(office) == []
    assert found(office, query="secret") == []


def test_a_destroyer_that_comes_between_leaves_no_word() -> None:
    office = LivingOffice()
    created = office.send([b"abc"], title="secret", hold_minutes=0)

    def end() -> None:
        recall_transfer(office.ctx, principal(), created.head.id)
        office.settle()

    office.ctx.records.outbox.clear()
    make_marker(office.ctx, TENANT, random=office.ctx.ids.random)
    office.before_next_write(end)
    index_transfer(office.ctx, TENANT, created.head.id)
    assert office.head(created).state is State.DESTROYED
    assert words_left(office) == []


def test_very_many_words_and_recipients_are_written_in_pieces_and_again() -> None:
    office = LivingOffice()
    people = tuple(RecipientSpec(f"person{n}@partner{n}.example") for n in range(300))
    created = office.ready([b"abc"], title=" ".join(f"word{n}x{n}" for n in range(20)), recipients=people)
    lines = len(words_left(office))
    assert lines == 128 + 300 + 1
    index_transfer(office.ctx, TENANT, created.head.id)
    assert len(words_left(office)) == lines
    assert found(office, recipient="person299@partner299.example") == [created.head.id]
    recall_transfer(office.ctx, principal(), created.head.id)
    office.settle()
    assert words_left(office) == []


def test_two_first_uses_share_one_marker() -> None:
    office = LivingOffice()
    first = make_marker(office.ctx, TENANT, random=office.ctx.ids.random)
    assert make_marker(office.ctx, TENANT, random=office.ctx.ids.random) == first
    assert first.word("a@b.c") != first.address("a@b.c")
    assert first.address("A@b.c") == first.address("a@b.c")


def test_what_members_were_sent_leaves_their_list_when_it_is_destroyed() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.ready(
        [b"abc"], title="見積書", recipients=(RecipientSpec(ADDRESSES[OTHER]), RecipientSpec("x@y.example"))
    )
    one = created.head.id
    box: dict[str, Any] = {"box": "received"}
    assert found(office, OTHER, **box) == found(office, OTHER, **box, states=frozenset({State.READY})) == [one]
    assert found(office, OTHER, **box, query="見積") == found(office, OTHER, **box, query="hanako") == [one]
    assert (
        found(office, OTHER, **box, query="x@y.example")
        == found(office, OTHER, **box, states=frozenset({State.HELD}))
        == []
    )
    office.settle()
    recall_transfer(office.ctx, principal(), one)
    office.settle()
    assert found(office, OTHER, **box) == []
    assert not [key for key in office.ctx.records.rows if "#received#" in key.pk or key.sk.startswith("inbox#")]


def test_overseers_look_through_titles_of_all() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], title="見積書")
    assert found(office, ADMIN, box="all", query="見積") == [created.head.id]
    assert found(office, ADMIN, box="all", query="txt") == []
    assert found(office, ADMIN, box="all", states=frozenset({State.READY}), recipient="guest@example.com") == [
        created.head.id
    ]


def test_a_cursor_is_a_place_in_any_list() -> None:
    office = LivingOffice()
    made = [office.ready([b"abc"], title="same").head.id for _ in range(5)][::-1]
    for fields in (
        {},
        {"query": "same"},
        {"states": frozenset({State.READY})},
        {"transfer_class": TransferClass.MANAGED},
    ):
        assert [found(office, limit=limit, **fields) for limit in (1, 2, 5)] == [made] * 3, fields
    for cursor in ("x", "", "MTIz", "MTIz=", "é"):
        with pytest.raises(Refused, match="cursor_invalid"):
            list_transfers(office.ctx, principal(), Wanted(), cursor=cursor, limit=1)


def crowd(count: int) -> LivingOffice:
    """``count`` transfers in lists, of which three are held, have a rare word and a rare recipient; the newest hundred have heads."""
    office = LivingOffice()
    marker = make_marker(office.ctx, TENANT, random=office.ctx.ids.random)
    sent = sent_pk(TENANT, MEMBER)
    rare = (1, count // 2, count - 1)
    usual = {n: f"{n:013d}#tr_01kdv0000000000000{n:08d}" for n in range(1, count + 1)}
    places = [usual[n] for n in rare]
    for n in {*rare, *range(count - 100, count + 1)}:
        state = State.HELD if n in rare else State.READY
        head = a_transfer(id=usual[n][14:], owner=MEMBER, created_at=n, expires_at=10**14, state=state, version=0)
        office.ctx.records.transact([transfer_put(head)])
    office.ctx.records.fill(sent, list(usual.values()))
    office.ctx.records.fill(state_pk(sent, State.READY), [usual[n] for n in usual if n not in rare])
    office.ctx.records.fill(state_pk(sent, State.HELD), places)
    office.ctx.records.fill(word_pk(TENANT, MEMBER, marker.word("usual")), list(usual.values()))
    for mark in (marker.word("rare"), marker.address("rare@partner.example")):
        office.ctx.records.fill(word_pk(TENANT, MEMBER, mark), places)
    return office


def cost(office: LivingOffice, **fields: Any) -> tuple[Counter[str], int]:
    office.ctx.records.calls.clear()
    page: TransferPage = list_transfers(office.ctx, principal(), Wanted(**fields), cursor=None, limit=50)
    return Counter(office.ctx.records.calls), len(page.items)


def test_a_first_page_takes_as_many_operations_in_a_hundred_thousand_as_in_a_thousand() -> None:
    few, many = crowd(1_000), crowd(100_000)
    held = frozenset({State.HELD})
    for fields, items in (
        ({}, 50),
        ({"states": frozenset({State.READY})}, 50),
        ({"states": held}, 3),
        ({"recipient": "rare@partner.example"}, 3),
        ({"query": "rare"}, 3),
        ({"query": "usual"}, 50),
        ({"query": "usual rare"}, 3),
        ({"query": "usual", "states": held}, 3),
    ):
        assert cost(few, **fields) == cost(many, **fields), fields
        calls, count = cost(many, **fields)
        assert (count, sum(calls.values()) <= 12) == (items, True), (fields, calls)


def test_whoever_moves_a_transfer_moves_its_lines() -> None:
    room = Path(list_transfers.__code__.co_filename).parents[1]
    sources = {path.name: path.read_text("utf-8") for path in sorted(room.rglob("*.py"))}
    moving = {name for name, text in sources.items() if re.search(r"\b(move|after_check)\(", text)}
    # check_transfer gives what it decided to hold_transfer, which writes it.
    assert {name for name in moving if "state_lines(" not in sources[name]} == {"check_transfer.py"}
    assert len(moving) >= 6
