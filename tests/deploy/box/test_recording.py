"""Recordings hold shapes and kinds, and nothing of the run: whatever is not named is scrubbed."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.box.launch import kind_of
from deploy.box.recording import EVENTS, record, recordings, scrubbed
from deploy.box.shapes import paths_of
from deploy.errors import Refused
from tests.events.samples import FOLDER, recorded

SECRET = "eyJ.a-token-of-the-run"


def lines() -> list[dict[str, Any]]:
    request = recorded("api_gateway")
    request |= {"resource": "/v1/me", "path": "/auth/v1/me", "body": SECRET}
    request["headers"]["Authorization"] = f"Bearer {SECRET}"
    request["requestContext"]["authorizer"] = {"principalId": SECRET, "integrationLatency": 12}
    events = {"api_gateway": request} | {name: recorded(name) for name in EVENTS if name != "api_gateway"}
    events["authorizer"]["authorizationToken"] = f"Bearer {SECRET}"
    return [{"source": EVENTS[name][0], "kind": EVENTS[name][1], "event": event} for name, event in events.items()]


def test_nothing_of_the_run_is_in_a_recording(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines()), "utf-8")
    record(tmp_path / "events.jsonl", tmp_path / "kept")
    kept = {path.stem: path.read_text("utf-8") for path in sorted((tmp_path / "kept").iterdir())}
    assert kept.keys() == EVENTS.keys()
    for text in kept.values():
        for told in (SECRET, "Bearer", "192.0.2.1", "123456789012", "New item!", "Test message."):
            assert told not in text


def test_a_recording_has_the_shape_of_its_event() -> None:
    found = recordings(lines())
    for line in lines():
        (name,) = (name for name, key in EVENTS.items() if key == (line["source"], line["kind"]))
        # Of several records the first stands for all: the others are of other kinds here.
        event = {**line["event"], **({"Records": line["event"]["Records"][:1]} if "Records" in line["event"] else {})}
        assert paths_of(found[name]) == paths_of(event)


def test_what_says_a_kind_stays() -> None:
    found = recordings(lines())
    assert found["api_gateway"]["httpMethod"] == "GET"
    assert found["api_gateway"]["isBase64Encoded"] is False
    assert found["api_gateway"]["pathParameters"] is None
    assert found["authorizer"]["type"] == "TOKEN"
    assert found["dynamodb_stream"]["Records"][0]["dynamodb"]["Keys"]["pk"]["S"] == "outbox#0"
    assert found["schedule"]["source"] == "aws.events"
    assert found["sqs"]["Records"][0]["eventSource"] == "aws:sqs"


def test_texts_and_numbers_lose_their_values_and_keep_their_types() -> None:
    assert scrubbed({"a": ["x", "y"], "b": 7, "c": 1.5, "d": True, "e": None}) == {
        "a": ["scrubbed"],
        "b": 0,
        "c": 0,
        "d": True,
        "e": None,
    }


def test_a_run_that_lacks_an_event_is_refused() -> None:
    with pytest.raises(Refused, match="schedule") as refused:
        recordings(line for line in lines() if line["source"] != "schedule")
    assert refused.value.code == "event_missing"


def test_requests_are_told_apart_by_their_route() -> None:
    assert kind_of({"httpMethod": "GET", "resource": "/v1/me"}) == "GET /v1/me"
    assert kind_of({"Records": []}) == ""


def test_the_recordings_that_are_kept_hold_nothing_but_kinds() -> None:
    """They are what the recorder makes of them again: nobody put a value in by hand."""
    for name in EVENTS:
        kept = json.loads((FOLDER / "emulated" / f"{name}.json").read_text("utf-8"))
        assert scrubbed(kept) == kept
