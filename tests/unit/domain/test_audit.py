import pytest

from chalicelib.domain.audit import (
    BLOCK_ROOM,
    Wanted,
    action_of,
    actor_of,
    data_of,
    fitting,
    missing_entry,
    needs_root,
)

AT = "2026-06-01T10:00:00.000Z"
LATER = "2026-06-01T10:00:00.001Z"
ENTRY = {"at": AT, "subject": "tr_1", "actor": "mb_1", "action": "transfer.created"}


@pytest.mark.parametrize(
    ("event_type", "action"),
    [
        ("transfer.created.v1", "transfer.created"),
        ("transfer.created.v12", "transfer.created"),
        ("transfer.created", "transfer.created"),
        ("transfer.v1.viewed", "transfer.v1.viewed"),
        ("transfer.created.vx", "transfer.created.vx"),
        ("v1", "v1"),
    ],
)
def test_an_action_is_the_type_without_its_version(event_type: str, action: str) -> None:
    assert action_of(event_type) == action


@pytest.mark.parametrize("data", [{}, {"actor": ""}, {"actor": None}, {"actor": 3}])
def test_without_an_actor_it_was_the_system(data: dict[str, object]) -> None:
    assert actor_of(data) == "system"


def test_actor_and_data_are_told_apart() -> None:
    data = {"actor": "mb_1", "files": 2}
    assert (actor_of(data), data_of(data)) == ("mb_1", {"files": 2})
    assert data == {"actor": "mb_1", "files": 2}


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wanted(), True),
        (Wanted(since=AT), True),
        (Wanted(since=LATER), False),
        (Wanted(until=AT), False),
        (Wanted(until=LATER), True),
        (Wanted(subject="tr_1", actor="mb_1", action="transfer.created"), True),
        (Wanted(subject="tr_2"), False),
        (Wanted(actor="mb_2"), False),
        (Wanted(action="transfer.create"), False),
        (Wanted(subject="tr_1", actor="mb_2"), False),
        (Wanted(subject=""), False),
    ],
)
def test_a_search_takes_what_fits_all_of_it(wanted: Wanted, *, taken: bool) -> None:
    assert wanted.takes(ENTRY) is taken


def test_a_search_ends_at_the_first_block_that_is_too_old() -> None:
    assert Wanted(since=LATER).ends_at(AT) is True
    assert Wanted(since=AT).ends_at(AT) is False
    assert Wanted(until=LATER).ends_at(AT) is False


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([], 0),
        ([1], 1),
        ([1] * 89, 89),
        ([1] * 90, 90),
        ([1] * 91, 90),
        ([BLOCK_ROOM], 1),
        ([BLOCK_ROOM - 1], 1),
        ([BLOCK_ROOM, 1], 1),
        ([BLOCK_ROOM - 3, 1], 2),
        ([BLOCK_ROOM - 2, 1], 1),
        ([100_000, 100_000, 100_000], 2),
    ],
)
def test_a_block_takes_90_entries_or_what_its_room_holds(sizes: list[int], count: int) -> None:
    assert fitting(sizes) == count


def test_a_root_alone_asks_for_no_further_root() -> None:
    assert needs_root(["audit.rooted"]) is False
    assert needs_root([]) is False
    assert needs_root(["audit.rooted", "transfer.created"]) is True


def test_a_loss_is_an_entry() -> None:
    assert missing_entry(7, AT) == {
        "id": "missing-7",
        "at": AT,
        "actor": "system",
        "action": "audit.entry_missing",
        "subject": "7",
        "data": {},
        "commitments": {},
    }
