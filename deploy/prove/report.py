"""What a run found, for people and for programs."""

import json
from collections.abc import Sequence

from deploy.prove.check import Check
from deploy.prove.run import Result

PROVED, FAILED, NOT_RUN = 0, 1, 3


def listed(check: Check, *, as_json: bool) -> str:
    """One check before it was asked: its id, question, calls, and whether it is a probe."""
    kind = "probe" if check.probe else "management" if check.of == "management" else "read"
    if as_json:
        return json.dumps({"id": check.id, "question": check.question, "kind": kind, "calls": list(check.ask.calls)})
    return f"{check.id} ({kind}): {check.question}"


def block(result: Result) -> str:
    """State, id, question; evidence; next step where there is one."""
    lines = [
        f"{result.verdict.state:<8} {result.check.id}: {result.check.question}",
        f"         {result.verdict.evidence}",
    ]
    return "\n".join([*lines, *([f"         next: {result.step}"] if result.step else [])])


def line(result: Result) -> str:
    """One JSON object: id, question, state, evidence, next."""
    return json.dumps(
        {
            "id": result.check.id,
            "question": result.check.question,
            "state": result.verdict.state,
            "evidence": result.verdict.evidence,
            "next": result.step,
        },
        ensure_ascii=False,
    )


def counts(results: Sequence[Result]) -> str:
    """``12 proved, 1 failed, 3 not run``."""
    states = [one.verdict.state for one in results]
    return ", ".join(f"{states.count(state)} {state}" for state in ("proved", "failed", "not run"))


def exit_code(results: Sequence[Result]) -> int:
    """0 all proved, 1 some failed, 3 some not run."""
    states = {one.verdict.state for one in results}
    return FAILED if "failed" in states else NOT_RUN if "not run" in states else PROVED
