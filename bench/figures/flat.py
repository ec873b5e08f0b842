"""Store operations and time to show, list and complete with very many transfers in the tenant and with 1,000 of them."""

import json
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from bench.figure import Figure, Measured, Plan
from bench.processes import plain_environment, python, run

_FEW = 1_000
_OPERATIONS = ("show", "list", "complete")


def measure(plan: Plan) -> Measured:
    """Two sites on one disk, filled in the shape that the API writes, asked in turn by a process each time."""
    crowds = {"many": (plan.scratch / "many", plan.size), "few": (plan.scratch / "few", min(_FEW, plan.size))}
    for folder, count in crowds.values():
        run([python(), "-m", "bench.requests.crowd", str(folder), str(count)], environment=plain_environment())
    size = (crowds["many"][0] / "data" / "records.db").stat().st_size
    for place, count in crowds.values():
        _asked(place, count)  # warms what the disk keeps in memory
    seen = [{name: _asked(*crowd) for name, crowd in crowds.items()} for _ in range(plan.runs)]
    for folder, _ in crowds.values():
        shutil.rmtree(folder)
    return Measured(
        pairs={
            f"{name}, {_FEW} transfers": [(one["many"]["ms"][name], one["few"]["ms"][name]) for one in seen]
            for name in _OPERATIONS
        },
        checked=all(one["many"]["calls"] == one["few"]["calls"] for one in seen),
        notes=(
            "All transfers are the caller's own; those shown are drawn at random; a list is a page of 50, from the first on.",
            "checked: each answer had its status, copies equal what the API writes but for ids and moments, and the operations are equal.",
        ),
        versions={"python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version},
        flags={"sqlite": "WAL, synchronous=FULL"},
        more={"calls": seen[-1]["many"]["calls"], "database_bytes": size},
    )


def _asked(folder: Path, count: int) -> dict[str, Any]:
    command = [python(), "-m", "bench.requests.flat_requests", str(folder), str(count)]
    found: dict[str, Any] = json.loads(run(command, environment=plain_environment()))
    return found


FIGURE = Figure(
    name="flat",
    title="Show, list, complete in a tenant with very many transfers",
    unit="ms",
    goal=1.2,
    kind="share",
    ours="1,000,000 transfers in the tenant",
    measure=measure,
    size=1_000_000,
    size_unit="transfers",
    smallest=200,
    runs=5,
)
