"""A cold start: process start, import and first request of each service, beside a bare Chalice app that does one GetItem with boto3."""

import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.figure import Figure, Measured, Plan
from bench.processes import python
from bench.requests.cloud import SERVICES, Cloud, cloud, stage

_BARE = "bare"


def measure(plan: Plan) -> Measured:
    """Each start is a process of its own; services and peer in turn, ``size`` starts of each a run."""
    with cloud(plan.scratch) as running:
        folders = {service: stage(plan.scratch, service) for service in SERVICES}
        folders[_BARE] = plan.scratch / _BARE
        folders[_BARE].mkdir()
        (folders[_BARE] / "app.py").write_text("from bench.requests.bare_get_item import app\n")
        events = {service: running.event(service) for service in SERVICES}
        events[_BARE] = events["transfers"]
        seen: dict[str, Any] = {}
        pairs: dict[str, list[tuple[float, float]]] = {service: [] for service in SERVICES}
        for name, folder in folders.items():  # warms the compiled modules
            seen[name] = _started(running, folder, events[name])
        for _ in range(plan.runs):
            times: dict[str, list[float]] = {name: [] for name in folders}
            for _ in range(plan.size):
                for name, folder in folders.items():
                    times[name].append(_started(running, folder, events[name])["ms"])
            for service in SERVICES:
                pairs[service].append((min(times[service]), min(times[_BARE])))
    return Measured(
        pairs={f"bare Chalice + boto3 GetItem, {service}": of for service, of in pairs.items()},
        checked=all(one["status"] == 200 for one in seen.values()) and _same_transfer(seen),
        notes=(
            "Wall clock from the start of the process to the answer; DynamoDB is moto on this machine; the best of each run's starts.",
            "Compiled modules lie beside the sources on both sides, and python runs without site.",
            "The authorizer is a Lambda of its own; its context comes with the event.",
        ),
        versions={name: version(name) for name in ("chalice", "boto3", "pynamodb", "moto")}
        | {"python": sys.version.split()[0]},
        flags={"python": "-S"},
        more={"modules": {name: one["modules"] for name, one in seen.items()}},
    )


def _started(running: Cloud, folder: Path, event: dict[str, Any]) -> dict[str, Any]:
    """One start to its answer."""
    given = folder / "event.json"
    given.write_text(json.dumps(event))
    command = [python(), "-S", "-m", "bench.requests.lambda_first", str(folder), str(given)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=running.environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        ms = (time.perf_counter() - began) * 1000
    answer: dict[str, Any] = json.loads(line)
    return {**answer, "ms": ms}


def _same_transfer(seen: dict[str, Any]) -> bool:
    mine, theirs = (json.loads(seen[name]["body"]) for name in ("transfers", _BARE))
    return bool(mine["id"] == theirs["id"])


FIGURE = Figure(
    name="cold",
    title="Cold start of each service",
    unit="ms",
    goal=1.3,
    kind="share",
    ours="import and first request, process start to answer",
    measure=measure,
    size=5,
    size_unit="starts",
    smallest=1,
    runs=5,
)
