"""Requests a second and p99 of the runtime, show a transfer and create one, beside the same work in FastAPI and uvicorn."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.figure import Figure, Measured, Plan
from bench.processes import ROOT, free_port, plain_environment, python, run, serving
from bench.requests.site import NEW_TRANSFER, Desk, context_of, environment, make_site

_LOCK = ROOT / "bench" / "requests" / "fastapi.lock"
_CONNECTIONS = 8
# A create has two durable transactions and three folders to make; a show only reads.
_CREATES = 8


@dataclass(frozen=True)
class Work:
    """One kind of request; ``count`` of them a run."""

    name: str
    method: str
    path: str
    body: str
    status: str
    count: int


def measure(plan: Plan) -> Measured:
    """Both servers stand over the same site, one process each; while one is loaded the other sleeps."""
    ours, peer = free_port(), free_port()
    folder = plan.scratch / "site"
    make_site(folder, url=f"http://127.0.0.1:{ours}")
    desk = Desk(folder, context_of(folder), host=f"127.0.0.1:{ours}")
    works = _works(plan, desk.ready())
    with _runtime(folder, ours), _fastapi(folder, peer, plan.scratch):
        for work in works:
            for port in (ours, peer):
                _loaded(port, work, desk.token, 64)
        seen = {
            work.name: [
                tuple(_loaded(port, work, desk.token, work.count) for port in (ours, peer)) for _ in range(plan.runs)
            ]
            for work in works
        }
    return Measured(
        pairs=_pairs(seen),
        checked=all(_alike(work, mine, theirs) for work in works for mine, theirs in seen[work.name]),
        notes=(
            f"{_CONNECTIONS} kept connections from another process; p99 stands as 1000/ms, so that more is better.",
            "Ours with the settings it ships with, logging a line a request; the peer without log, metrics, request ids and security headers.",
            "Sign-in, rates, use cases and store are the same code on both sides.",
        ),
        versions={name: version(name) for name in ("chalice", "msgspec", "starlette", "pydantic", "uvicorn", "uvloop")}
        | {"fastapi": _LOCK.read_text().split("==")[1].split()[0], "python": sys.version.split()[0]},
        flags={
            "peer": "1 worker, uvloop, httptools, no access log, def handlers, sign-in inside the handler",
            "ours": "1 process, roles api,bytes",
        },
        more={
            name: [{"ours": _short(mine), "peer": _short(theirs)} for mine, theirs in runs]
            for name, runs in seen.items()
        },
    )


def _works(plan: Plan, transfer: str) -> list[Work]:
    body = plan.scratch / "create.json"
    body.write_text(json.dumps(NEW_TRANSFER))
    place = "/transfers/v1/transfers"
    return [
        Work("show", "GET", f"{place}/{transfer}", "", "200", plan.size),
        Work("create", "POST", place, str(body), "201", max(_CONNECTIONS, plan.size // _CREATES)),
    ]


def _loaded(port: int, work: Work, token: str, count: int) -> dict[str, Any]:
    command = [python(), "-m", "bench.requests.load", str(port), work.method, work.path, work.body, token]
    found: dict[str, Any] = json.loads(run([*command, str(count), str(_CONNECTIONS)], environment=plain_environment()))
    return found


def _pairs(seen: dict[str, list[Any]]) -> dict[str, list[tuple[float, float]]]:
    pairs = {}
    for name, runs in seen.items():
        pairs[f"FastAPI, {name}"] = [(mine["rate"], theirs["rate"]) for mine, theirs in runs]
        pairs[f"FastAPI, {name}, p99"] = [(1000 / mine["p99"], 1000 / theirs["p99"]) for mine, theirs in runs]
    return pairs


def _alike(work: Work, mine: dict[str, Any], theirs: dict[str, Any]) -> bool:
    good = set(mine["status"]) == set(theirs["status"]) == {work.status}
    if work.method == "GET":
        return good and bool(mine["last"] == theirs["last"])
    return good and set(mine["last"]) == set(theirs["last"])


def _short(found: dict[str, Any]) -> dict[str, float]:
    return {name: round(found[name], 2) for name in ("rate", "p50", "p99")}


@contextmanager
def _runtime(folder: Path, port: int) -> Iterator[None]:
    own = environment(folder, BASE_URL=f"http://127.0.0.1:{port}", LISTEN_PORT=str(port), ROLES="api,bytes")
    with serving([python(), "-m", "onprem.runtime", "serve"], port, folder / "ours.log", environment=own, folder=ROOT):
        yield


@contextmanager
def _fastapi(folder: Path, port: int, scratch: Path) -> Iterator[None]:
    own = plain_environment()
    own["PYTHONPATH"] += os.pathsep + str(_fastapi_folder(scratch))
    command = [python(), "-m", "bench.requests.fastapi_service", str(folder), str(port)]
    with serving(command, port, folder / "peer.log", environment=own, folder=ROOT):
        yield


def _fastapi_folder(scratch: Path) -> Path:
    """FastAPI alone, beside the starlette, pydantic and uvicorn of our own environment; kept in ``build/`` for the next run."""
    home = ROOT / "build" / f"bench-fastapi-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]}"
    if not home.is_dir():
        made = scratch / "fastapi"
        quietly = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", str(_LOCK)]
        run([python(), "-m", "pip", "install", "--target", str(made), *quietly])
        home.parent.mkdir(exist_ok=True)
        if not home.is_dir():
            made.rename(home)
    return home


FIGURE = Figure(
    name="api",
    title="Requests a second and p99 of the runtime",
    unit="requests/s",
    goal=1.0,
    kind="rate",
    ours="the runtime over SQLite and a folder, one process",
    measure=measure,
    size=4_000,
    size_unit="requests",
    smallest=16,
    runs=5,
)
