"""The client holds names of answers against what they stand for (fumibako/shapes.py). Every answer that this server can give has to fit."""

import importlib
import json
import pkgutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
from fumibako.shapes import wrong_name

import chalicelib.api
from chalicelib.api.wire import AnswerBody

SPEC = Path(__file__).resolve().parents[3] / "spec"


def answer_types() -> list[type[AnswerBody]]:
    for found in pkgutil.iter_modules(chalicelib.api.__path__):
        importlib.import_module(f"chalicelib.api.{found.name}")
    found, left = set(), [AnswerBody]
    while left:
        for one in left.pop().__subclasses__():
            found.add(one)
            left.append(one)
    return sorted(found, key=lambda one: f"{one.__module__}.{one.__qualname__}")


def samples(hint: Any) -> Iterator[Any]:
    """A value of each kind that a type allows, as it stands in JSON."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        for one in arguments:
            yield from samples(one)
    elif hasattr(hint, "__metadata__"):
        yield from samples(hint.__origin__)
    elif hint is type(None):
        yield None
    elif origin is list:
        yield list(samples(arguments[0]))
    elif origin is dict or (isinstance(hint, type) and issubclass(hint, msgspec.Struct | dict)):
        yield {}
    elif hint in (int, bool, float):
        yield hint(1)
    else:
        yield "x"


@pytest.mark.parametrize("kind", answer_types(), ids=lambda kind: kind.__name__)
def test_every_answer_fits(kind: type[AnswerBody]) -> None:
    for field in msgspec.structs.fields(kind):
        for value in samples(field.type):
            # What is None and may be left out is left out (chalicelib/api/wire.py).
            if not (value is None and not field.required):
                assert wrong_name({field.encode_name: value}) is None, (kind, field.name, value)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from objects(one)


def test_every_example_of_an_event_fits() -> None:
    examples = [one for path in sorted(SPEC.glob("events/*.json")) for one in json.loads(path.read_text())["examples"]]
    assert len(examples) > 30
    for example in examples:
        assert [wrong_name(one) for one in objects(example) if wrong_name(one)] == [], example
