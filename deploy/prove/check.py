"""A check: one claim of the docs, what an account is asked about it, and a pure judge of the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from deploy.prove.ask import Account
from deploy.stage import Stage

State = Literal["proved", "failed", "not run"]
# What was asked, by a name of the check's own -> the answer as boto3 gives it.
Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """``evidence`` is short and holds counts, states and names of resources: no secrets, no people."""

    state: State
    evidence: str


@dataclass(frozen=True)
class Facts:
    """What a judge may know besides the answers."""

    stage: Stage
    now: datetime


class Ask(Protocol):
    """Asks an account. ``calls`` names every operation that it may use, as ``service.Operation``; ``tenant:`` before it where a tenant's session asks."""

    @property
    def calls(self) -> tuple[str, ...]: ...

    def __call__(self, account: Account) -> Answers:
        """The answers. Raises NotRun where there is none, Refused where the credentials have ended."""
        ...


@dataclass(frozen=True)
class Call:
    """One call. Values of ``parameters`` that can be called are functions of the stage; ``errors`` are codes that are answers too."""

    operation: str
    parameters: Mapping[str, Any]
    errors: tuple[str, ...] = ()
    region: str = ""


def call(operation: str, *, errors: tuple[str, ...] = (), region: str = "", **parameters: Any) -> Call:
    """A call of a `Reads`."""
    return Call(operation, parameters, errors, region)


class Reads:
    """Calls that do not hang on each other."""

    def __init__(self, **calls: Call) -> None:
        self._calls: Final = calls
        self.calls: Final = tuple(sorted({one.operation for one in calls.values()}))

    def __call__(self, account: Account) -> Answers:
        """One answer a call, by its name."""
        return {name: _asked(account, one) for name, one in self._calls.items()}


@dataclass(frozen=True)
class Steps:
    """Calls of which one needs the answer of another."""

    run: Callable[[Account], Answers]
    calls: tuple[str, ...]

    def __call__(self, account: Account) -> Answers:
        """What the function found."""
        return self.run(account)


def everywhere(stage: Stage) -> str:
    """For checks that every stage has."""
    del stage
    return ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """``step``: what to do where it failed. ``unless`` gives the reason why a stage has nothing to check, or "".

    ``probe``: it changes something for a moment and cleans up, so it needs --probe. ``of``: whose account is asked.
    """

    id: str
    question: str
    step: str
    ask: Ask
    judge: Callable[[Answers, Facts], Verdict]
    unless: Callable[[Stage], str] = everywhere
    probe: bool = False
    of: Literal["stage", "management"] = "stage"


def judged(evidence: str, *, holds: bool) -> Verdict:
    """Proved where it holds, failed otherwise."""
    return Verdict("proved" if holds else "failed", evidence)


def without_faults(faults: list[str], evidence: str) -> Verdict:
    """Failed with the first faults by name, proved with ``evidence`` where there are none."""
    if not faults:
        return Verdict("proved", evidence)
    more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
    return Verdict("failed", ", ".join(faults[:5]) + more)


def unknown(reason: str) -> Verdict:
    """Not run: the account has not seen yet what the check is about."""
    return Verdict("not run", reason)


def _asked(account: Account, one: Call) -> Any:
    values = {name: value(account.stage) if callable(value) else value for name, value in one.parameters.items()}
    return account.ask(one.operation, errors=one.errors, region=one.region, **values)
