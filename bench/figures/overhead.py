"""CPU time of one request in a Lambda's shape: show a transfer over a fake store, beside a bare Chalice route that answers the same JSON."""

import json
import subprocess
import sys
from importlib.metadata import version
from typing import Any

from bench.figure import Figure, Measured, Plan

_NOTES = (
    "The authorizer is a Lambda of its own and cached by API Gateway; it is left out on both sides.",
    "Ours checks scope, network and rates, reads head and recipients, renders and adds the security headers; the store is a dictionary of JSON texts.",
)


def measure(plan: Plan) -> Measured:
    """Each side in a process of its own, in turn."""
    body = plan.scratch / "body.json"
    pairs = []
    checked = True
    for _ in range(plan.runs):
        mine = _asked("ours", plan.size, str(body))
        theirs = _asked("bare", plan.size, str(body))
        checked = checked and mine["body"] == theirs["body"]
        pairs.append((mine["us"], theirs["us"]))
    return Measured(
        pairs={"bare Chalice route": pairs},
        checked=checked,
        notes=_NOTES,
        versions={"python": sys.version.split()[0], "chalice": version("chalice"), "msgspec": version("msgspec")},
        flags={"bare": "configure_logs=False, debug off"},
        more={"answer_bytes": len(body.read_bytes())},
    )


def _asked(which: str, count: int, body: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.requests.spent", which, str(count), body]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


FIGURE = Figure(
    name="overhead",
    title="CPU time of one request in a Lambda's shape",
    unit="us",
    goal=2.5,
    kind="share",
    ours="show a transfer, authorizer excluded, over a fake store",
    measure=measure,
    size=20_000,
    size_unit="requests",
    smallest=50,
    runs=7,
)
