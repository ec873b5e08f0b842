from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.address_book import ADDRESSES_A_PART, PARTS, BookEntry, noted, part_of, suggested, without
from chalicelib.domain.tenant import DAY


def entry(email: str, *, at: int = 0, uses: int = 1, name: str = "") -> BookEntry:
    return BookEntry(email, name, at, uses, "tr_1")


def test_a_transfer_counts_once_however_often_its_event_comes() -> None:
    once = noted((), [("Soto@partner.example", "Soto")], transfer="tr_1", at=5)
    assert once == (BookEntry("Soto@partner.example", "Soto", 5, 1, "tr_1"),)
    assert noted(once, [("soto@partner.example", "")], transfer="tr_1", at=5) == once
    twice = noted(once, [("soto@PARTNER.example", "")], transfer="tr_2", at=9)
    assert twice == (BookEntry("soto@PARTNER.example", "Soto", 9, 2, "tr_2"),)
    assert noted(twice, [("soto@partner.example", "Late")], transfer="tr_0", at=1) == twice


def test_the_oldest_make_room() -> None:
    part: tuple[BookEntry, ...] = ()
    for n in range(ADDRESSES_A_PART + 2):
        part = noted(part, [(f"p{n}@x.example", "")], transfer=f"tr_{n}", at=n)
    assert len(part) == ADDRESSES_A_PART
    assert (part[0].last_used_at, part[-1].email) == (ADDRESSES_A_PART + 1, "p2@x.example")


def test_recent_and_frequent_ones_come_first() -> None:
    often, lately, old = (
        entry("often@x.example", at=0, uses=9),
        entry("lately@x.example", at=3 * DAY),
        entry("old@x.example"),
    )
    assert suggested([old, lately, often], "", limit=2) == [often, lately]
    assert suggested([old, lately, often], "  OLD", limit=2) == [old]


def test_address_domain_and_each_word_of_the_name_are_looked_at() -> None:
    one = entry("soto@partner.example", name="Taro ソト")
    for prefix in ("so", "PARTNER", "partner.ex", "taro", "ｿﾄ", "taro ソ"):
        assert suggested([one], prefix, limit=5) == [one], prefix
    for prefix in ("oto", "example", "ト", "@"):
        assert suggested([one], prefix, limit=5) == [], prefix


@given(st.emails())
def test_an_address_keeps_its_part_in_any_case(email: str) -> None:
    assert 0 <= part_of(email) < PARTS
    assert part_of(email.upper()) == part_of(email.lower()) or not email.isascii()
    assert without((entry(email),), email) == ()
