"""Keeping what an account answered: a file a check, without secrets and people, that the tests' replay reads."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

# Fields that are dropped or blotted out wherever they stand. Lambda shows settings, CloudTrail shows people.
_DROPPED: Final = frozenset({"Environment", "ResponseMetadata", "Resources", "Username"})
_BLOTTED: Final = frozenset({"AccessKeyId", "ClientSecret", "Plaintext", "SecretAccessKey", "SessionToken"})
# Of an event of CloudTrail: what judges look at. Addresses, agents and the caller's own identity go.
_OF_AN_EVENT: Final = ("errorCode", "eventName", "eventSource", "eventTime", "requestParameters")
# Long enough for AWS's own rules of such fields.
BLOT: Final = "REDACTEDREDACTEDREDACTED"


class Recorder:
    """Hears every call of one check. ``ticks`` are the seconds that were told on the way."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.ticks: list[float] = []

    def __call__(self, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """As ``Heard``."""
        self.calls.append({"operation": operation, "parameters": _plain(parameters), "answer": _plain(answer)})

    def tick(self, seconds: float) -> float:
        """Keep what a clock said."""
        self.ticks.append(seconds)
        return seconds

    def text(self, now: datetime) -> str:
        """The file: ``{"now": ..., "ticks": [...], "calls": [{"operation", "parameters", "answer"}, ...]}``; an error is an answer with ``Error``."""
        whole = {"now": now.isoformat(), "ticks": self.ticks, "calls": self.calls}
        return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _field(name, each) for name, each in value.items() if name not in _DROPPED}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _field(name: str, value: Any) -> Any:
    if name in _BLOTTED:
        return BLOT
    if name == "CloudTrailEvent":
        event = json.loads(value)
        return json.dumps({each: event[each] for each in _OF_AN_EVENT if each in event})
    return _plain(value)
