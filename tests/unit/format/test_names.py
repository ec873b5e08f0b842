"""Names: what holds for every text, whatever its characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fumibako_format.errors import NameInvalid
from fumibako_format.names import check_name, display_name, safe_path, safe_paths

LETTERS = 'aA.éÉß文 ~_<>:"|?*/\\\u0301\u200d\u202e\x00\n'
ODD = st.sampled_from([*LETTERS, "CON", "nul.txt", "..", "a" * 250, "/"])
NAMES = st.lists(ODD, min_size=1, max_size=12).map("".join) | st.text(min_size=1, max_size=50)
MESSAGES = {
    "": "A file needs a name.",
    "\ud800": "The name is not valid Unicode text.",
    "a" * 4_097: "The name is longer than 4096 bytes.",
    "a" * 32_769: "The name is longer than 4096 bytes.",
    "\x00": "The name has a NUL in it.",
    "\n": "The name has a control character in it.",
    "\u202e": "The name has a character in it that changes the direction of text.",
    "/a": "The name is not a relative path with single slashes.",
    "..": "The name has a segment . or .. in it.",
}


def checked(name: str) -> str | None:
    try:
        return check_name(name)
    except NameInvalid:
        return None


@pytest.mark.parametrize(("name", "message"), MESSAGES.items())
def test_what_is_said_of_a_refused_name(name: str, message: str) -> None:
    with pytest.raises(NameInvalid) as caught:
        check_name(name)
    assert caught.value.message == message
    assert caught.value.hint == "Rename the file and send it again."


def test_the_first_reason_in_order_is_given() -> None:
    order = [("surrogate", "\ud800"), ("too_long", "x" * 4_097), ("nul", "\x00"), ("control", "\x01")]
    order += [("bidi", "\u202e"), ("separator", "//"), ("dot_segment", "/../")]
    for position, (reason, _) in enumerate(order):
        with pytest.raises(NameInvalid) as caught:
            check_name("".join(text for _, text in reversed(order[position:])))
        assert caught.value.reason == ("separator" if reason == "dot_segment" else reason)


def test_a_long_text_that_shrinks_in_nfc_is_a_name() -> None:
    assert check_name("か\u3099" * 1_365) == "が" * 1_365


@given(NAMES)
def test_a_checked_name_is_stable_and_its_path_stays_inside(name: str) -> None:
    good = checked(name)
    if good is None:
        return
    assert check_name(good) == good == unicodedata.normalize("NFC", name)
    path = safe_path(good)
    assert path == safe_path(name)
    assert len("/".join(path).encode()) <= 2_048
    for segment in path:
        assert segment not in {"", ".", ".."}
        assert not set(segment) & set('<>:"|?*/\\\x00')
        assert len(segment.encode()) <= 255
        assert segment == segment.rstrip(". ")
        assert segment.split(".")[0].rstrip().upper() not in {"CON", "NUL", "PRN", "AUX", "COM1", "LPT9"}
    assert checked("/".join(path)) == "/".join(path)


@given(st.lists(NAMES.filter(lambda name: checked(name) is not None), max_size=12))
def test_paths_are_unique_and_no_file_is_a_folder(names: list[str]) -> None:
    paths = safe_paths(names)
    assert len(paths) == len(names)
    folded = [unicodedata.normalize("NFD", "/".join(path).casefold()) for path in paths]
    assert len(set(folded)) == len(folded)
    for one in folded:
        assert not any(other.startswith(one + "/") for other in folded)
    assert safe_paths(names) == paths


def test_ten_thousand_equal_names_take_no_time_apart() -> None:
    paths = safe_paths(["a.txt"] * 10_000)
    assert paths[:2] == [("a.txt",), ("a~2.txt",)]
    assert paths[-1] == ("a~10000.txt",)


def test_a_cut_of_equal_long_names_stays_within_a_segment() -> None:
    first, second = safe_paths(["a" * 255, "A" * 255])
    assert first == ("a" * 255,)
    assert second == ("A" * 253 + "~2",)


def test_deep_paths_fold_only_beyond_the_limit() -> None:
    exact = "/".join(["a" * 255] * 8)
    assert len(exact) == 2_047
    assert len(safe_path(exact)) == 8
    longer = "/".join(["a" * 255] * 7 + ["a" * 254, "b"])
    assert len(longer) == 2_048
    assert len(safe_path(longer)) == 9
    assert len(safe_path(longer + "b")) == 3
    assert safe_path(longer + "b")[1] == safe_path(longer + "c")[1]


@given(st.text(st.characters(), max_size=60))
def test_what_is_shown_is_harmless_and_as_long(text: str) -> None:
    shown = display_name(text)
    assert len(shown) == len(text)
    assert shown.encode().decode() == shown
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in shown)
