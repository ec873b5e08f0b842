"""Canonical JSON, the strict reader and base64url: one text for one value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fumibako_format import base64url
from fumibako_format.canonical import MAX_INTEGER, canonical_json, strict_json, strict_object
from fumibako_format.errors import EncodingInvalid

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, False, None], "": {}}, '{"":{},"a":[true,false,null],"b":1}'),
        ((1, -1, 0), "[1,-1,0]"),
        ('\x00\x1f\x7f"\\/\b\f\n\r\t', '"\\u0000\\u001f\x7f\\"\\\\/\\b\\f\\n\\r\\t"'),
        ("文箱\u2028é", '"文箱\u2028é"'),
        (MAX_INTEGER, "9007199254740991"),
        (-MAX_INTEGER, "-9007199254740991"),
    ],
)
def test_canonical_text(value: object, text: str) -> None:
    assert canonical_json(value) == text.encode()


def test_keys_are_sorted_by_utf_16_as_rfc_8785_shows() -> None:
    # RFC 8785 section 3.2.3: the emoji sorts before U+FB33 although its code point is higher.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    keys = list(json.loads(canonical_json(value)))
    assert keys == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.5, "A float cannot be written as canonical JSON."),
        (1.0, "A float cannot be written as canonical JSON."),
        (b"x", "A bytes cannot be written as canonical JSON."),
        ({1}, "A set cannot be written as canonical JSON."),
        ({1: 2}, "A key of canonical JSON must be text."),
        (MAX_INTEGER + 1, "An integer beyond 2^53 - 1 cannot be written as canonical JSON."),
        (-MAX_INTEGER - 1, "An integer beyond 2^53 - 1 cannot be written as canonical JSON."),
        ("\ud800", "Text with a lone surrogate cannot be written as JSON."),
        ({"\ud800": 1}, "Text with a lone surrogate cannot be written as JSON."),
        (nested(33), "More than 32 levels of JSON."),
        ({"a": {"b": nested(31)}}, "More than 32 levels of JSON."),
    ],
)
def test_what_canonical_json_cannot_hold(value: object, message: str) -> None:
    with pytest.raises(EncodingInvalid) as caught:
        canonical_json(value)
    assert caught.value.message == message


def test_thirty_two_levels_are_written() -> None:
    assert canonical_json(nested(32)) == b"[" * 31 + b"1" + b"]" * 31
    assert canonical_json({"a": nested(31)}) == b'{"a":' + b"[" * 30 + b"1" + b"]" * 30 + b"}"


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    assert strict_json(canonical_json(value)) == value
    assert canonical_json(strict_json(canonical_json(value))) == canonical_json(value)


@pytest.mark.parametrize("text", ["", "{", "{'a':1}", b"\xff", "[" * 100_000, "1" * 5_000, "\ufeff1"])
def test_what_is_not_json(text: bytes | str) -> None:
    with pytest.raises(EncodingInvalid) as caught:
        strict_json(text)
    assert caught.value.message == "This is not JSON."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1,"a":1}', "A JSON object has the same member twice."),
        ('[{"a":1,"b":{"c":1,"c":2}}]', "A JSON object has the same member twice."),
        ("NaN", "NaN is not JSON."),
        ("[-Infinity]", "-Infinity is not JSON."),
    ],
)
def test_what_json_readers_disagree_on(text: str, message: str) -> None:
    with pytest.raises(EncodingInvalid) as caught:
        strict_json(text)
    assert caught.value.message == message


def test_an_object_is_an_object() -> None:
    assert strict_object(b'{"a":"\xe6\x96\x87"}') == {"a": "文"}
    for text in ("[]", "1", "null", '"{}"'):
        with pytest.raises(EncodingInvalid, match=r"^A JSON object was expected\.$"):
            strict_object(text)


@given(st.binary(max_size=70))
def test_base64url_there_and_back(value: bytes) -> None:
    text = base64url.encode(value)
    assert base64url.decode(text) == value
    assert not set(text) & set("+/=")


def test_base64url_uses_its_own_two_letters() -> None:
    assert base64url.encode(b"\xfb\xff\xfe") == "-__-"
    assert base64url.encode(b"a") == "YQ"


@pytest.mark.parametrize("text", ["YQ==", "YQ=", "Y", "YWJjZ", "Y Q", "YQ\n", "+/", "ａｂ", 7, None, b"YQ"])
def test_other_text_is_not_base64url(text: str) -> None:
    with pytest.raises(EncodingInvalid, match=r"^This is not base64url text without padding\.$"):
        base64url.decode(text)


@pytest.mark.parametrize("text", ["YR", "YWJ", "Yf"])
def test_stray_bits_are_refused(text: str) -> None:
    with pytest.raises(EncodingInvalid, match=r"^This base64url text is not in its canonical form\.$"):
        base64url.decode(text)
