"""Normal forms are those of Unicode, and no text makes them slow."""

import random
import time
import unicodedata
from typing import get_args

import pytest

from chalicelib.domain.words import words_of
from fumibako_format.errors import NameInvalid
from fumibako_format.names import check_name, same_name_key
from fumibako_format.normal_form import Form, normal_form

FORMS: tuple[Form, ...] = get_args(Form)
# Letters that compose, marks of several classes, one that is in no class but falls apart into two, Hangul, and what NFC leaves apart.
LETTERS = (
    "aeucА か\uff76\uff9e\u1100\u1161\u11a8\u0344\u0f73\u0f75\u0301\u0316\u0327\u3099\u05b0\ufb2c\u2126ﬁ\u0308\u1d5e"
)
# 60,000 of them in a body of 5 MB: two classes in turn, the higher one first, and one that falls apart into two.
HOSTILE = ("\u0301\u0316" * 15_000, "a" + "\u0301" * 15_000 + "\u0316" * 15_000, "\u0f73" * 15_000)


@pytest.mark.parametrize("form", FORMS)
def test_they_are_those_of_the_standard(form: Form) -> None:
    chance = random.Random(form)
    for _ in range(300):
        text = "".join(chance.choices(LETTERS, k=chance.choice((5, 255, 256, 257, 400))))
        assert normal_form(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("text", HOSTILE, ids=("in turn", "in runs", "falling apart"))
def test_no_text_takes_seconds(text: str) -> None:
    for form in FORMS:
        began = time.process_time()
        normal_form(form, text)
        assert time.process_time() - began < 0.5


def test_no_name_and_no_word_takes_seconds() -> None:
    began = time.process_time()
    for text in HOSTILE:
        with pytest.raises(NameInvalid, match="longer"):
            check_name(text)
        same_name_key(text)
        words_of(text)
    assert time.process_time() - began < 1.5


def test_words_keep_as_many_marks_as_any_language_has() -> None:
    letter = "e" + "\u0301" * 30
    assert words_of("x " * 200 + letter + "\u0301" * 999) == words_of("x " * 200 + letter)
    assert words_of("か\u3099" * 200) == words_of("が" * 200)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.txt", "A.TXT", True),
        ("が.txt", "か\u3099.txt", True),
        ("straße", "STRASSE", True),
        ("a.txt", "b.txt", False),
        ("dir/a", "dir/A", True),
        ("ΐ", "\u0390", True),
    ],
)
def test_names_that_would_meet_on_a_disk_have_one_key(one: str, other: str, same: bool) -> None:
    assert (same_name_key(one) == same_name_key(other)) is same
