"""A recording holds what judges need and nothing of people, keys or settings; and it can be played."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from deploy.prove.record import BLOT, Recorder

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _recorded(answer: dict[str, Any], parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    recorder = Recorder()
    recorder("lambda.GetFunctionConfiguration", parameters or {}, answer)
    return dict(json.loads(recorder.text(NOW))["calls"][0])


def test_settings_of_functions_are_dropped() -> None:
    kept = _recorded({"State": "Active", "Environment": {"Variables": {"FUMIBAKO_FRONT_KEYS": "secret"}}})
    assert kept["answer"] == {"State": "Active"}


def test_keys_are_blotted_out() -> None:
    answer = {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T", "Expiration": NOW}}
    assert _recorded(answer)["answer"]["Credentials"] == {
        "AccessKeyId": BLOT,
        "SecretAccessKey": BLOT,
        "SessionToken": BLOT,
        "Expiration": NOW.isoformat(),
    }


def test_opened_keys_are_blotted_out() -> None:
    assert _recorded({"Plaintext": b"key", "KeyId": "k"})["answer"] == {"Plaintext": BLOT, "KeyId": "k"}


def test_an_event_of_cloudtrail_keeps_no_person() -> None:
    event = {
        "eventName": "AssumeRole",
        "userIdentity": {"arn": "arn:aws:sts::1:assumed-role/x/somebody"},
        "sourceIPAddress": "192.0.2.1",
        "requestParameters": {"roleSessionName": "fumibako-acme"},
    }
    answer = {"Events": [{"EventName": "AssumeRole", "Username": "somebody", "CloudTrailEvent": json.dumps(event)}]}
    (kept,) = _recorded(answer)["answer"]["Events"]
    assert set(kept) == {"EventName", "CloudTrailEvent"}
    assert json.loads(kept["CloudTrailEvent"]) == {
        "eventName": "AssumeRole",
        "requestParameters": {"roleSessionName": "fumibako-acme"},
    }


def test_times_and_bytes_are_text() -> None:
    kept = _recorded({"LastModified": NOW, "Days": 3}, {"Body": b"prove", "Names": ("a", "b")})
    assert kept["answer"] == {"LastModified": "2026-11-20T12:00:00+00:00", "Days": 3}
    assert kept["parameters"] == {"Body": base64.b64encode(b"prove").decode(), "Names": ["a", "b"]}


def test_ticks_are_kept_in_order() -> None:
    recorder = Recorder()
    assert [recorder.tick(1.5), recorder.tick(2.0)] == [1.5, 2.0]
    assert json.loads(recorder.text(NOW)) == {"now": NOW.isoformat(), "ticks": [1.5, 2.0], "calls": []}
