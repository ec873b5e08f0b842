"""Command lines of the AWS CLI, read by botocore's models of the services: the same from which the real command is made.

The command takes ``aws SERVICE OPERATION --parameter value``; a parameter's shape says how its value is written
(https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-types.html).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

from tests.architecture.commands.shell import UNKNOWN

# Names of the command that are not botocore's.
SERVICES = {"deploy": "codedeploy", "configservice": "config", "s3api": "s3"}
_WITH_VALUE = frozenset(("profile", "region", "output", "query", "endpoint-url", "cli-binary-format", "max-items"))
_FLAGS = frozenset(("no-cli-pager", "no-paginate"))
# Commands that have no operation behind them, with the options that our pages use.
CUSTOM = {
    ("configure", "sso"): frozenset(("profile",)),
    ("ecr", "get-login-password"): frozenset(("profile", "region")),
    ("sso", "login"): frozenset(("profile",)),
}


class Wrong(AssertionError):
    """The line would be refused by the command."""


@dataclass(frozen=True)
class Call:
    """``service`` is botocore's name, ``arguments`` as boto3 takes them; ``waiter``: waits instead of asking once."""

    service: str
    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    output: str = "json"
    region: str = ""
    waiter: str = ""

    @property
    def limited(self) -> bool:
        """Whether it asks for the first of many alone."""
        return any(name in self.arguments for name in ("MaxResults", "maxResults", "limit", "Limit", "MaxItems"))

    @property
    def reads(self) -> bool:
        """Whether it leaves the account as it was."""
        # A receive leaves a message where it is, and only counts; a query of logs is the way to read them.
        starts = (
            "ReceiveMessage",
            "Describe",
            "Get",
            "List",
            "Lookup",
            "Filter",
            "StartQuery",
            "Head",
            "BatchGet",
            "Query",
        )
        return bool(self.waiter) or self.operation.startswith(starts)


@cache
def models() -> botocore.session.Session:
    """One session for all: a service's model takes long to read."""
    return botocore.session.Session()


@cache
def operations(service: str) -> dict[str, OperationModel]:
    """Operations of a service by their names on the command line. Raises Wrong."""
    if service not in models().get_available_services():
        raise Wrong(f"there is no service {service}")
    model = models().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def parsed(words: Sequence[str]) -> Call | None:
    """The call of ``aws ...`` (words behind ``aws``); None for a command without an operation. Raises Wrong."""
    service, operation, *rest = _without_leading_options(words)
    if (service, operation) in CUSTOM:
        told = {word[2:] for word in rest if word.startswith("--")}
        if not told <= CUSTOM[service, operation]:
            raise Wrong(f"aws {service} {operation}: {told}")
        return None
    name = SERVICES.get(service, service)
    if operation == "wait":
        return _waiter(name, rest)
    known = operations(name)
    if operation not in known:
        raise Wrong(f"aws {service} has no {operation}")
    if known[operation].has_streaming_output:
        if not rest or rest[-1].startswith("--"):
            raise Wrong(f"aws {service} {operation} ends with the file for what it answers")
        rest = rest[:-1]
    arguments, common = _arguments(known[operation].input_shape, rest)
    report = ParamValidator().validate(arguments, known[operation].input_shape or StructureShape("Empty", {}))
    if report.has_errors():
        raise Wrong(f"aws {service} {operation}: {report.generate_report()}")
    try:
        jmespath.compile(common.get("query", "@"))
    except jmespath.exceptions.ParseError as error:
        raise Wrong(str(error)) from error
    return Call(
        name,
        known[operation].name,
        arguments,
        common.get("query", ""),
        common.get("output", "json"),
        common.get("region", ""),
    )


def _without_leading_options(words: Sequence[str]) -> list[str]:
    if len([word for word in words[:2] if not word.startswith("-")]) < 2:
        raise Wrong(f"aws {' '.join(words)}: service and operation come first")
    return list(words)


def _waiter(service: str, words: Sequence[str]) -> Call:
    waiters = models().get_waiter_model(service)
    found = {xform_name(name, "-"): name for name in waiters.waiter_names}
    if words[0] not in found:
        raise Wrong(f"aws {service} wait has no {words[0]}")
    operation = waiters.get_waiter(found[words[0]]).operation
    call = parsed([{v: k for k, v in SERVICES.items()}.get(service, service), xform_name(operation, "-"), *words[1:]])
    assert call is not None
    return Call(service, operation, call.arguments, waiter=xform_name(found[words[0]]))


def _arguments(shape: StructureShape | None, words: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    members = {xform_name(name, "-"): name for name in shape.members} if shape is not None else {}
    arguments: dict[str, Any] = {}
    common: dict[str, str] = {}
    for option, values in _options(words):
        switched = option.removeprefix("no-")
        if option in _FLAGS:
            continue
        if option in _WITH_VALUE and option not in members:
            common[option] = _one(option, values)
        elif option == "cli-input-json" and shape is not None:
            arguments |= json.loads(_one(option, values))
        elif option in members and shape is not None:
            arguments[members[option]] = _read(shape.members[members[option]], option, values)
        elif switched in members and shape is not None and shape.members[members[switched]].type_name == "boolean":
            arguments[members[switched]] = False
        else:
            raise Wrong(f"--{option} is no option; there are {sorted(members)}")
    return arguments, common


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    option, values = "", list[str]()
    for word in words:
        if word.startswith("--"):
            if option:
                yield option, values
            option, values = word[2:], []
        elif not option:
            raise Wrong(f"`{word}` belongs to no option")
        else:
            values.append(word)
    if option:
        yield option, values


def _one(option: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise Wrong(f"--{option} takes one value, not {list(values)}")
    return values[0]


def _read(shape: Shape, option: str, values: Sequence[str]) -> Any:
    try:
        return value_of(shape, values)
    except (KeyError, ValueError) as error:
        raise Wrong(f"--{option} {' '.join(values)}: {error!r}") from error


def value_of(shape: Shape, values: Sequence[str]) -> Any:
    """What the words behind an option mean for a parameter of this shape."""
    if shape.type_name == "boolean" and not values:
        return True
    if values and values[0][:1] in ("[", "{") and not isinstance(shape, ListShape | MapShape | StructureShape):
        return _one(shape.name, values)
    if values and values[0][:1] in ("[", "{"):
        return json.loads(_one(shape.name, values))
    if isinstance(shape, ListShape):
        return [_single(shape.member, one) for one in values]
    return _single(shape, _one(shape.name, values))


def _single(shape: Shape, word: str) -> Any:
    if word[:1] in ("{", "[") and isinstance(shape, StructureShape | MapShape | ListShape):
        return json.loads(word)
    if isinstance(shape, StructureShape):
        return {name: _single(_member(shape, name), text) for name, text in _pairs(word)}
    if isinstance(shape, MapShape):
        return {name: _single(shape.value, text) for name, text in _pairs(word)}
    if isinstance(shape, ListShape):
        return [_single(shape.member, one) for one in word.split(",")]
    return _scalar(shape, word)


def _scalar(shape: Shape, word: str) -> Any:
    if shape.type_name in ("integer", "long"):
        return int(word)
    if shape.type_name in ("float", "double"):
        return float(word)
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[word.lower()]
    if shape.type_name == "timestamp" and UNKNOWN in word:
        return "2026-01-01T00:00:00Z"
    if shape.type_name == "blob":
        return word.encode()
    allowed = shape.metadata.get("enum", ())
    if allowed and word not in allowed and UNKNOWN not in word:
        raise Wrong(f"{word} is none of {allowed}")
    return word


def _member(shape: StructureShape, name: str) -> Shape:
    if name not in shape.members:
        raise Wrong(f"{name} is no member of {shape.name}; there are {sorted(shape.members)}")
    found: Shape = shape.members[name]
    return found


def _pairs(word: str) -> Iterator[tuple[str, str]]:
    """``A=b,C=d,e`` as (A, b), (C, "d,e"): what has no ``=`` of its own belongs to the value before it."""
    name, value = "", ""
    for part in word.split(","):
        head, equals, tail = part.partition("=")
        if equals:
            if name:
                yield name, value
            name, value = head, tail
        else:
            value += f",{part}"
    if name:
        yield name, value
