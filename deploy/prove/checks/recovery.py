"""A held stage: what `hold` switched off stands still."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from deploy.names import hold_parameter
from deploy.prove.ask import Account, code
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, unknown, without_faults

_ABSENT: Final = "ParameterNotFound"


def _function(account: Account, name: str) -> dict[str, Any]:
    return account.ask("lambda.GetFunctionConcurrency", FunctionName=name)


def _source(account: Account, name: str) -> dict[str, Any]:
    return account.ask("lambda.GetEventSourceMapping", UUID=name)


def _rule(account: Account, name: str) -> dict[str, Any]:
    return account.ask("events.DescribeRule", Name=name)


def _timer(account: Account, name: str) -> dict[str, Any]:
    return account.ask("scheduler.GetSchedule", Name=name)


def _service(account: Account, name: str) -> dict[str, Any]:
    return account.ask("ecs.DescribeServices", cluster=name, services=[name])


# Kinds of deploy/stilling/switches.py; a test holds the two together.
ASKED: Final[Mapping[str, Callable[[Account, str], dict[str, Any]]]] = {
    "containers": _service,
    "reports": _timer,
    "requests": _function,
    "schedules": _rule,
    "sources": _source,
}


def _still(kind: str, answer: Mapping[str, Any]) -> bool:
    if kind == "requests":
        return bool(answer.get("ReservedConcurrentExecutions") == 0)
    if kind == "containers":
        return all(one["desiredCount"] == one["runningCount"] == 0 for one in answer["services"])
    return str(answer.get("State", "")).upper() in ("DISABLED", "DISABLING")


def _held(account: Account) -> Answers:
    note = account.ask("ssm.GetParameter", errors=(_ABSENT,), Name=hold_parameter(account.stage))
    if code(note):
        return {}
    was = json.loads(note["Parameter"]["Value"])["was"]
    return {kind: {name: ASKED[kind](account, name) for name in sorted(names)} for kind, names in sorted(was.items())}


def _stands(found: Answers, facts: Facts) -> Verdict:
    del facts
    things = [(kind, name, answer) for kind, names in found.items() for name, answer in names.items()]
    if not things:
        return unknown(
            "The stage is not held, or nothing of it moved; `python -m deploy hold` it, and repeat the check."
        )
    moving = [f"{kind} {name}" for kind, name, answer in things if not _still(kind, answer)]
    return without_faults(moving, f"{len(things)} things stand still")


CHECKS: Final = (
    Check(
        id="hold-stands-still",
        question="Does everything stand still that `hold` switched off?",
        step="Repeat `python -m deploy hold`; it ends what a killed one began.",
        ask=Steps(
            _held,
            (
                "ecs.DescribeServices",
                "events.DescribeRule",
                "lambda.GetEventSourceMapping",
                "lambda.GetFunctionConcurrency",
                "scheduler.GetSchedule",
                "ssm.GetParameter",
            ),
        ),
        judge=_stands,
    ),
)
