"""From a JSON answer to a frozen dataclass, by its annotations. What a newer server adds is passed over; what it leaves out is its mistake."""

import dataclasses
import types
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fumibako.answers import server_wrong

T = TypeVar("T")
# "class" is no name a field can have.
_ON_THE_WIRE = {"transfer_class": "class"}


_known: dict[Any, tuple[tuple[str, str, Any, bool], ...]] = {}


def _fields(kind: Any) -> tuple[tuple[str, str, Any, bool], ...]:
    """Name, name on the wire, type, and whether it may be absent."""
    if kind not in _known:
        _known[kind] = _read_fields(kind)
    return _known[kind]


def _read_fields(kind: Any) -> tuple[tuple[str, str, Any, bool], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (one.name, _ON_THE_WIRE.get(one.name, one.name), hints[one.name], _has_default(one))
        for one in dataclasses.fields(kind)
        if one.init
    )


def _has_default(one: "dataclasses.Field[Any]") -> bool:
    return one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING


def decoded(kind: type[T], answer: Mapping[str, Any]) -> T:
    """Raises NetworkFailed("server_wrong") where a member is missing or of another type than spec/api.md says."""
    if not isinstance(answer, Mapping):
        raise server_wrong(kind.__name__)
    found: dict[str, Any] = {}
    for name, wire, hint, optional in _fields(kind):
        value = answer.get(wire)
        if value is None and optional:
            continue
        found[name] = _value(hint, value, f"{kind.__name__}.{wire}")
    made = kind(**found)
    if hasattr(made, "raw"):
        object.__setattr__(made, "raw", dict(answer))
    return made


def items_in(page: Mapping[str, Any], kind: type[Any] | None = None) -> list[dict[str, Any]]:
    """The items of a page as they came, each with all that ``kind`` asks for. Raises NetworkFailed("server_wrong")."""
    found = page["items"]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise server_wrong("items")
    if kind is not None:
        for one in found:
            decoded(kind, one)
    return found


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else _value(arguments[0], value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], one, where) for one in value)
    if origin is dict and isinstance(value, dict):
        return value
    if hint is datetime:
        return _time(value, where)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return decoded(hint, value)
    if hint in (str, int, bool) and type(value) is hint:
        return value
    raise server_wrong(where)


def _time(value: Any, where: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise server_wrong(where) from error
