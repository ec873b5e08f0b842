from dataclasses import replace

import pytest

from chalicelib.domain.challenge import (
    A_DAY,
    A_DAY_AND_LINK,
    DAY_MS,
    LIFE_MS,
    MOST_ROWS,
    TRIES,
    VALID,
    Book,
    Challenge,
    Row,
    code_spent,
    code_wrong,
    entered,
    require_valid,
    tried,
)
from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

NOW = 20_000 * DAY_MS + 3_600_000
CHALLENGE = Challenge("ch_1", TenantId("acme"), "ln", "rc", "a@b.example", "h", "s", "c", NOW + LIFE_MS)
BOOK = Book(20_000, 1, {"h": Row(1, ("ch_1",), "rc")})


def enter(book: Book, challenge: str, *, address: str = "h", recipient: str = "rc", now: int = NOW) -> Book:
    return entered(book, address_hash=address, challenge=challenge, recipient=recipient, now=now)


def test_the_numbers_of_the_spec() -> None:
    assert (LIFE_MS, TRIES, A_DAY, A_DAY_AND_LINK, VALID, DAY_MS) == (600_000, 5, 10, 200, 2, 86_400_000)


def test_the_first_entry() -> None:
    assert enter(Book(version=7), "ch_1") == Book(20_000, 1, {"h": Row(1, ("ch_1",), "rc")}, 7)


def test_two_are_remembered_and_the_person_stays_the_same() -> None:
    book = enter(enter(BOOK, "ch_2"), "ch_3", recipient="rc_other")
    assert book == Book(20_000, 3, {"h": Row(3, ("ch_2", "ch_3"), "rc")})


def test_entering_changes_no_other_book() -> None:
    before = Book(20_000, 1, {"h": Row(1, ("ch_1",), "rc")})
    enter(before, "ch_2")
    assert before == BOOK


def test_ten_a_day_for_an_address_and_the_wait_until_midnight() -> None:
    nine = replace(BOOK, rows={"h": Row(9, ("ch_1",), "rc")})
    ten = enter(nine, "ch_2")
    assert ten.rows["h"].count == 10
    with pytest.raises(Refused) as refused:
        enter(ten, "ch_3")
    assert (refused.value.code, refused.value.retry_after) == ("too_many_challenges", 82_800)
    with pytest.raises(Refused) as last:
        enter(ten, "ch_3", now=20_001 * DAY_MS - 1)
    assert last.value.retry_after == 1
    assert enter(ten, "ch_3", address="other").rows["other"].count == 1


def test_two_hundred_a_day_for_a_link() -> None:
    assert enter(replace(BOOK, total=199), "ch_2", address="x").total == 200
    with pytest.raises(Refused):
        enter(replace(BOOK, total=200), "ch_2", address="x")


def test_a_new_day_counts_anew_and_forgets_no_valid_code() -> None:
    full = Book(20_000, 200, {"h": Row(10, ("ch_1", "ch_2"), "rc"), "i": Row(4, ("ch_9",), "rc2")})
    book = enter(full, "ch_3", now=20_001 * DAY_MS)
    assert book == Book(20_001, 1, {"h": Row(1, ("ch_2", "ch_3"), "rc"), "i": Row(0, ("ch_9",), "rc2")})


def test_asking_for_ever_new_addresses_fills_no_record() -> None:
    book = Book()
    for day in range(12):
        for number in range(A_DAY_AND_LINK):
            book = enter(book, f"c{number}", address=f"{day}/{number}", recipient=f"rc{number}", now=NOW + day * DAY_MS)
    assert len(book.rows) <= MOST_ROWS
    assert {f"11/{number}" for number in range(A_DAY_AND_LINK)} <= set(book.rows)


def test_a_challenge_is_valid_for_ten_minutes_and_five_tries() -> None:
    require_valid(CHALLENGE, BOOK, NOW + LIFE_MS - 1)
    require_valid(replace(CHALLENGE, tries=4), BOOK, NOW)
    for challenge, book, now in (
        (CHALLENGE, BOOK, NOW + LIFE_MS),
        (replace(CHALLENGE, tries=5), BOOK, NOW),
        (CHALLENGE, Book(), NOW),
        (CHALLENGE, replace(BOOK, rows={"h": Row(3, ("ch_2", "ch_3"), "rc")}), NOW),
    ):
        with pytest.raises(Refused) as refused:
            require_valid(challenge, book, now)
        assert refused.value.code == "code_spent"


def test_tries_are_counted_and_told() -> None:
    assert tried(CHALLENGE).tries == 1
    four = code_wrong(replace(CHALLENGE, tries=4))
    assert (four.code, four.detail) == ("code_wrong", "This is not the code; tries left: 1.")
    assert code_wrong(replace(CHALLENGE, tries=5)).code == "code_spent"
    assert code_spent().detail == "This code can't be used any more; ask for a new one."
