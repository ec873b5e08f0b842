"""Server time of the first page of one owner's transfers, whatever narrows it, beside the limit that was promised."""

import contextlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.expiry.site import STORES, Site, site
from bench.figure import Figure, Measured, Plan
from bench.install import ADMIN
from bench.processes import ROOT, first_line, free_port, plain_environment, python, run, serving
from bench.requests.first_pages import ENDPOINT, PAGES
from tests import postgresql

_LIMIT = 200.0  # ms, at the 95th percentile
_FEW = 1_000
_DYNOXIDE = "FUMIBAKO_DYNOXIDE"
_HELD = ("held, 3", "recipient, 3", "word, 3", "two words, 3", "word and state, 3")


def measure(plan: Plan) -> Measured:
    """One store after the other, each with very many transfers and with few, in processes of their own."""
    stores = [*STORES, *(["dynamodb"] if os.environ.get(_DYNOXIDE) else [])]
    seen: dict[str, list[dict[str, Any]]] = {store: [] for store in stores}
    checked = True
    for number in range(plan.runs):
        for store in stores:
            many = _asked(plan.scratch / f"many-{store}-{number}", store, plan.size)
            few = _asked(plan.scratch / f"few-{store}-{number}", store, _FEW) if plan.size > _FEW else many
            seen[store].append(many)
            checked = checked and many["calls"] == few["calls"] and all(many["items"][name] == 3 for name in _HELD)
    return Measured(
        pairs={
            f"the limit, on {store}": [(max(one["p95"].values()), _LIMIT) for one in seen[store]] for store in stores
        },
        checked=checked,
        notes=(
            "All transfers are the caller's own. The value is the slowest of all pages: " + "; ".join(PAGES) + ".",
            "The time is that of the transfers service in its process: sign-in, rates, reads, JSON; without HTTP.",
            "The rows were written past the API, in the form in which each store keeps them (bench/bulk_rows.py); more: seconds_to_fill.",
            "checked: as many operations of the store as with 1,000 transfers, and each rare page has its three.",
            f"DynamoDB is measured where {_DYNOXIDE} names the binary of npm @dynoxide/linux-x64, an emulator on this machine.",
            "There all transfers stand in the lists, but only the newest 1,000 and the rare three have heads.",
        ),
        versions={
            "python": sys.version.split()[0],
            "sqlite": sqlite3.sqlite_version,
            "postgresql": first_line([str(postgresql.binaries() / "postgres"), "--version"]),
            **({"dynamodb": first_line([os.environ[_DYNOXIDE], "--version"])} if "dynamodb" in stores else {}),
        },
        flags={
            "sqlite": "WAL, synchronous=FULL",
            "postgresql": "fsync=on",
            "dynamodb": "in memory, where it is measured",
        },
        more={store: runs[-1] for store, runs in seen.items()},
    )


def _asked(folder: Path, store: str, count: int) -> dict[str, Any]:
    with site(folder, "sqlite" if store == "dynamodb" else store) as place, _dynamodb(folder, store) as more:
        (folder / "first.json").write_text(json.dumps({"email": ADMIN, "password": place.password}))
        host = _host(place)
        command = [python(), "-m", "bench.requests.first_pages", str(folder), str(count), host]
        found: dict[str, Any] = json.loads(run(command, environment=place.environment | more))
    shutil.rmtree(folder)
    return found


def _host(place: Site) -> str:
    return place.environment["FUMIBAKO_BASE_URL"].removeprefix("http://")


@contextlib.contextmanager
def _dynamodb(folder: Path, store: str) -> Iterator[dict[str, str]]:
    if store != "dynamodb":
        yield {}
        return
    port = free_port()
    command = [os.environ[_DYNOXIDE], "serve", "--port", str(port)]
    with serving(command, port, folder / "dynoxide.log", environment=plain_environment(), folder=ROOT):
        keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
        yield {ENDPOINT: f"http://127.0.0.1:{port}", **keys}


FIGURE = Figure(
    name="lists",
    title="First page of one owner's transfers: lists by state, recipient and word",
    unit="ms",
    goal=1.0,
    kind="share",
    ours="100,000 transfers of one owner",
    measure=measure,
    size=100_000,
    size_unit="transfers",
    smallest=200,
    runs=1,
)
