"""What the names of an answer stand for, wherever they stand in it (spec/api.md): held against every object that comes in.

A server of another kind, or one that lies, fails here with a sentence, and not later with a fault of this command. What a newer server
adds has other names and passes; sizes and ids that are possible but not true are found out where they are used.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

# Never null where it stands at all.
_TEXTS: Final = (
    "id", "url", "session", "method", "state", "class", "scan", "expires_at", "created_at", "subject", "recipient", "blob", "key", "transfer_key", "record",
    "challenge", "address_hint", "access_token", "user_code", "device_code", "verification_uri", "email", "client_id",
)  # fmt: skip
_TEXTS_OR_NULL: Final = (
    "name", "title", "message", "company", "media_type", "checksum", "reason", "request", "cursor", "refresh_token", "language", "code", "detail", "hint",
)  # fmt: skip
_NUMBERS: Final = ("bytes", "offset", "expires_in", "interval", "index")
_NUMBERS_OR_NULL: Final = ("size", "length", "part", "part_size", "max_downloads")
_OBJECTS: Final = ("headers", "sender")
_ROWS: Final = ("items", "links", "uploads")


def wrong_name(answer: Mapping[str, Any]) -> str | None:
    """The first name whose value is of another kind than it stands for; None where all fit."""
    return next((name for name, value in answer.items() if not _fits(name, value)), None)


def _fits(name: str, value: Any) -> bool:
    check = _CHECKS.get(name)
    return check is None or check(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return type(value) is int


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _or_null(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _is_count_or_rows(value: Any) -> bool:
    """``files``: of a transfer how many, of a download which."""
    return _is_number(value) or _is_rows(value)


_CHECKS: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_TEXTS, _is_text),
    **dict.fromkeys(_TEXTS_OR_NULL, _or_null(_is_text)),
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(_NUMBERS_OR_NULL, _or_null(_is_number)),
    **dict.fromkeys(_OBJECTS, _is_object),
    **dict.fromkeys(_ROWS, _is_rows),
    "files": _is_count_or_rows,
}
