"""How long a function runs: what it asks of AWS, times what an answer takes, and its own work. An assumption, and no measure.

The emulator's seconds say nothing about AWS. What a function asks for is recorded, so this grows and shrinks with it. The times are those of a warm connection in
one Region, on the long side; [P cost-bill].
"""

from collections.abc import Mapping
from typing import Final

from deploy.cost.operations import priced
from deploy.cost.recording import Invoked, Recording

_READ, _WRITE, _KEYS, _STORE, _TOPIC, _MAIL, _ROLE = 0.005, 0.015, 0.010, 0.030, 0.020, 0.100, 0.050
_BY_SERVICE: Final = {"kms": _KEYS, "s3": _STORE, "ses": _MAIL, "sns": _TOPIC, "sqs": _TOPIC, "sts": _ROLE}
# The handler itself, at the memory that functions have here.
OWN_SECONDS: Final = 0.020
# Start of a process, import, first connections. At a few transfers an hour each function that a story needs starts once for it.
COLD_SECONDS: Final = 1.0


def seconds_of(operation: str) -> float:
    """From asking to the answer. Raises Refused("operation_unpriced")."""
    counted = priced(operation)
    service = operation.partition(":")[0]
    if service == "dynamodb":
        return _READ if counted.price == "dynamodb-read-unit" else _WRITE
    return _BY_SERVICE[service]


def function_seconds(found: Recording) -> dict[str, float]:
    """Function -> seconds of one story without cold starts: those that were called for it, and what schedules did for it beside their empty looks."""
    told: dict[str, float] = {}
    for name, one in found.invocations.items():
        told[name] = one.count * OWN_SECONDS + _asking(found, name)
    for name in found.idle.invocations:
        told[name] = told.get(name, 0.0) + _asking(found, name)
    return told


def memory_gb(found: Recording, function: str) -> float:
    """Memory of a function."""
    one: Invoked = found.invocations.get(function) or found.idle.invocations[function]
    return one.memory_mb / 1_024


def _asking(found: Recording, function: str) -> float:
    asked: Mapping[str, int] = found.callers.get(function.removeprefix("fumibako-"), {})
    return sum(count * seconds_of(operation) for operation, count in asked.items())
