import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import moments_of
from chalicelib.domain.words import (
    MOST_WORDS,
    QUERY_WORDS,
    TITLE_WORDS,
    WORD_CHARACTERS,
    Sought,
    has_words,
    sought,
    transfer_words,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Quarterly report_final.PDF", ["quarterly", "report", "final", "pdf"]),
        ("IMG_0001 img-0001", ["img", "0001"]),
        ("Q3", ["q", "3"]),
        ("見積書", ["見積", "積書"]),
        ("ﾐﾂﾓﾘ ミツモリ", ["ミツ", "ツモ", "モリ"]),
        ("Ａ４見本", ["a", "4", "見本"]),
        ("件 名", ["件", "名"]),
        ("サーバー移行", ["サー", "ーバ", "バー", "ー移", "移行"]),
        ("佐々木", ["佐々", "々木"]),
        ("견적서", ["견적", "적서"]),
        ("Straße STRASSE", ["strasse"]),
        ("naïve café", ["naïve", "café"]),
        ("soto@partner.co.jp", ["soto", "partner", "co", "jp"]),
        ("... !? 🎉", []),
        ("x" * 99, ["x" * WORD_CHARACTERS]),
    ],
)
def test_texts_are_cut_into_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=60), st.text(max_size=60))
def test_who_looks_for_a_text_finds_it(before: str, text: str) -> None:
    assert has_words(words_of(text), [before, text])
    assert words_of(" ".join(words_of(text))) == words_of(text) or any(len(word) > 1 for word in words_of(text))


@given(st.text(alphabet="見積書表件アイウ", min_size=2, max_size=12), st.integers(0, 10), st.integers(2, 6))
def test_any_two_neighbours_of_a_japanese_text_are_found(text: str, start: int, length: int) -> None:
    part = text[start : start + length]
    if len(part) >= 2:
        assert set(words_of(part)) <= set(words_of(text))


def test_a_transfer_has_a_bounded_number_of_words() -> None:
    title = " ".join(f"t{n}" for n in range(99))
    people = [(f"p{chr(97 + n % 26)}{chr(97 + n // 26)}@x.example", "") for n in range(500)]
    names = (f"{n:05d}.jpg" for n in range(10_000))
    words = transfer_words(title, people, names)
    assert len(words) == len(set(words)) == MOST_WORDS
    assert words[:TITLE_WORDS] == words_of(title)[:TITLE_WORDS]
    assert {"paa", "00000"} <= set(words)
    assert transfer_words("", [], iter(())) == []


def test_a_query_is_words_and_the_beginning_of_an_id() -> None:
    assert sought("  見積 tr_01KDV0 pdf") == Sought(("見積", "pdf"), "tr_01kdv0")
    assert sought("tr_01kdvu") == Sought(("tr", "01", "kdvu"))  # no u in an id
    assert not sought(" ?! ")
    assert len(sought(" ".join(map(chr, range(97, 123)))).words) == QUERY_WORDS


def test_a_query_of_thousands_of_ids_is_looked_at_once() -> None:
    terms = [f"tr_{n:x}" for n in range(16**3, 16**3 + 40_000)]
    began = time.process_time()
    assert sought(" ".join(terms)).words == ()
    assert time.process_time() - began < 1


def test_the_beginning_of_an_id_tells_when() -> None:
    whole = "tr_01kdvdna03e00882fh6k1rdey4"
    first, last = moments_of(whole)
    assert first == last == 1_767_225_600_003
    wide = moments_of(whole[:7])
    assert wide[0] < first < wide[1]
    assert moments_of("tr_") == (0, 2**50 - 1)
