"""The stored form of events: what goes in comes out, and nothing else is taken for an event."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_from_json, event_to_json
from chalicelib.domain.events import Event

EVENT = Event(
    id="ev_0",
    type="transfer.ready.v1",
    tenant="acme",
    subject="tr_0",
    sequence=3,
    at=1_767_225_600_123,
    data={"files": 2, "big": 2**70, "text": "\x00文箱"},
    sealed={"notifications": bytes(range(256)), "reporting": b""},
)


def test_an_event_comes_back_as_it_was() -> None:
    assert event_from_json(event_to_json(EVENT)) == EVENT


def test_the_text_is_ascii() -> None:
    assert event_to_json(EVENT).isascii()


@given(st.dictionaries(st.text(), st.binary(max_size=50), max_size=3))
def test_any_sealed_part_comes_back(sealed: dict[str, bytes]) -> None:
    event = Event("ev_0", "a.b.v1", "acme", "tr_0", 1, 0, {}, sealed)
    assert event_from_json(event_to_json(event)) == event


def test_members_of_later_versions_are_ignored() -> None:
    fields = json.loads(event_to_json(EVENT)) | {"later": 1}
    assert event_from_json(json.dumps(fields)) == EVENT


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *[("v", 2), ("id", 1), ("type", None), ("at", "now"), ("at", True), ("sequence", 1.5), ("data", 3)],
        *[("sealed", []), ("sealed", {"reporting": "*"}), ("sealed", {"reporting": "A"}), ("sealed", {"reporting": 1})],
    ],
)
def test_a_wrong_member_is_refused(member: str, value: object) -> None:
    fields = json.loads(event_to_json(EVENT)) | {member: value}
    with pytest.raises(Refused) as refused:
        event_from_json(json.dumps(fields))
    assert refused.value.code == "event_unreadable"


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '"text"', "{", "[" * 100_000])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        event_from_json(text)
    assert refused.value.code == "event_unreadable"
    assert refused.value.__cause__ is None


def test_fractions_without_a_value_are_no_json() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        event_to_json(Event("ev_0", "a.b.v1", "acme", "tr_0", 1, 0, {"x": float("nan")}))
