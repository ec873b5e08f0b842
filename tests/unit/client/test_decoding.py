from datetime import UTC, datetime
from typing import Any

import pytest
from fumibako.decoding import decoded
from fumibako.errors import NetworkFailed
from fumibako.results import Recipient, Transfer

ANSWER: dict[str, Any] = {
    "id": "tr_1",
    "version": 3,
    "state": "ready",
    "class": "managed",
    "files": 2,
    "bytes": 12,
    "created_at": "2026-01-02T03:04:05.678Z",
    "expires_at": "2026-02-02T03:04:05.000Z",
    "sender": {"id": "mb_1", "name": "A", "company": "B"},
    "scan": "clean",
    "recipients": [{"id": "rc_1", "email": "g@x", "language": "en", "state": "invited", "downloads": 0}],
}


def test_an_answer_becomes_what_its_type_says() -> None:
    found = decoded(Transfer, ANSWER)
    assert (found.transfer_class, found.title, found.version) == ("managed", None, 3)
    assert found.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert found.recipients == (Recipient("rc_1", "g@x", "invited", 0, language="en"),)


def test_what_a_newer_server_adds_does_no_harm_and_can_be_read() -> None:
    newer = {**ANSWER, "state": "resting", "mood": {"deep": [1]}, "recipients": [{**ANSWER["recipients"][0], "pet": 1}]}
    found = decoded(Transfer, newer)
    assert (found.state, found.raw["mood"]) == ("resting", {"deep": [1]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"files": "2"},
        {"files": True},
        {"created_at": "yesterday"},
        {"created_at": 5},
        {"sender": "A"},
        {"sender": {"id": "mb_1"}},
        {"recipients": {}},
    ],
)
def test_what_is_missing_or_of_another_type_is_the_server_s_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(NetworkFailed) as caught:
        decoded(Transfer, {**ANSWER, **wrong})
    assert caught.value.code == "server_wrong"
