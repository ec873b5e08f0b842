"""Canonical JSON: the subset of RFC 8785 (JCS) without fractions, and a strict reader.

Keys are sorted by their UTF-16 code units, there is no white space, text is UTF-8 and is not normalized. Numbers are
integers of at most 2^53 - 1 in magnitude, which every JSON reader keeps exactly.
"""

import json
from collections.abc import Mapping
from typing import Any

from fumibako_format.errors import EncodingInvalid

MAX_INTEGER = (1 << 53) - 1
MAX_DEPTH = 32

# json.dumps would make an encoder anew at each call.
json_text = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(value: object) -> bytes:
    """Return the one canonical encoding of ``value`` (dict, list, tuple, str, int, bool, None).

    Raises EncodingInvalid on floats, large integers, other types, keys that are no text, lone surrogates and more
    than 32 levels.
    """
    try:
        return _encode(value, 1).encode("utf-8")
    except UnicodeEncodeError as error:
        raise EncodingInvalid("Text with a lone surrogate cannot be written as JSON.") from error


def _encode(value: object, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise EncodingInvalid(f"More than {MAX_DEPTH} levels of JSON.")
    if value is None or isinstance(value, bool | str):
        return json_text(value)
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise EncodingInvalid("An integer beyond 2^53 - 1 cannot be written as canonical JSON.")
        return str(int(value))
    if isinstance(value, Mapping):
        return _encode_members(value, depth)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_encode(item, depth + 1) for item in value) + "]"
    raise EncodingInvalid(f"A {type(value).__name__} cannot be written as canonical JSON.")


def _encode_members(value: Mapping[Any, object], depth: int) -> str:
    if not all(isinstance(key, str) for key in value):
        raise EncodingInvalid("A key of canonical JSON must be text.")
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(f"{_encode(name, depth)}:{_encode(value[name], depth + 1)}" for name in names) + "}"


def strict_json(text: bytes | str) -> Any:
    """Read JSON; raises EncodingInvalid on bad UTF-8, duplicate members, NaN and infinities, and too deep nesting.

    Duplicate members are refused because two readers may choose different ones.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        return _READER.decode(decoded)
    except (ValueError, RecursionError) as error:
        raise EncodingInvalid("This is not JSON.") from error


def strict_object(text: bytes | str) -> dict[str, Any]:
    """Read JSON that must be an object; raises EncodingInvalid."""
    value = strict_json(text)
    if not isinstance(value, dict):
        raise EncodingInvalid("A JSON object was expected.")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise EncodingInvalid("A JSON object has the same member twice.")
    return members


def _constant(name: str) -> Any:
    raise EncodingInvalid(f"{name} is not JSON.")


# json.loads with hooks would make a decoder anew at each call.
_READER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant)
