"""Events per second from the outbox through the handlers, and how long one waits when 50 come in a second."""

import math
import shutil
import sqlite3
import sys
from typing import Any

from bench.expiry.filling import make_owners
from bench.expiry.recording import events, handled, record, record_steadily, wait_until_handled
from bench.expiry.site import STORES, Site, site
from bench.figure import Figure, Measured, Plan
from bench.processes import Failed, first_line
from tests import postgresql

_RATE, _DELAY = 500.0, 2.0  # events per second; seconds at the 99th percentile
_TENANTS = 10
_STEADY = 50  # events per second
_STEADY_EVENTS = 1_000


def measure(plan: Plan) -> Measured:
    """Both stores in turn: a full outbox worked off by one worker process, then a steady stream into the same process."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    more: dict[str, Any] = {store: [] for store in STORES}
    checked = True
    for number in range(plan.runs):
        for store in STORES:
            folder = plan.scratch / f"{store}-{number}"
            with site(folder, store) as place:
                seen = _one(place, plan.size)
            shutil.rmtree(folder)
            checked = checked and seen.pop("all logged")
            pairs.setdefault(f"{_RATE:.0f} events/s, on {store}", []).append((seen["events per second"], _RATE))
            name = f"the inverse of a delay of {_DELAY:.0f} s, on {store}"
            pairs.setdefault(name, []).append((1 / seen["p99 of the delay, s"], 1 / _DELAY))
            more[store].append(seen)
    return Measured(
        pairs=pairs,
        checked=checked,
        notes=(
            f"{_TENANTS} tenants in turn; every second event has personal fields, every fourth goes to the handler of transfers too.",
            "The rate is from the first event that was logged until outbox and queues of all consumers are empty.",
            f"The delay is from the event's own time to reporting's, at {_STEADY} events/s, each in a transaction of its own.",
            "checked: every event is in the log of its tenant, once.",
        ),
        versions={
            "python": sys.version.split()[0],
            "sqlite": sqlite3.sqlite_version,
            "postgresql": first_line([str(postgresql.binaries() / "postgres"), "--version"]),
        },
        flags={"sqlite": "WAL, synchronous=FULL", "postgresql": "fsync=on", "workers": "1 process"},
        more=more,
    )


def _one(place: Site, size: int) -> dict[str, Any]:
    with place.stores() as stores:
        tenants = [owner.tenant for owner in make_owners(stores, _TENANTS)]
        with place.working(1):
            wait_until_handled(stores)  # it has begun, and knows its tenants
        made = events(stores, tenants, size)
        record(stores, made)
        began = stores.clock.now_ms()
        with place.working(1):
            wait_until_handled(stores)
            ended = stores.clock.now_ms()
            burst = handled(stores, made)
            steady_made = record_steadily(
                stores, tenants, per_second=_STEADY, seconds=min(size, _STEADY_EVENTS) / _STEADY
            )
            wait_until_handled(stores)
        steady = handled(stores, steady_made)
    if not burst or not steady:
        raise Failed("no event was handled")
    first = min(one.logged for one in burst)
    delays = sorted((one.logged - one.recorded) / 1_000 for one in steady)
    return {
        "events per second": len(burst) / max(0.001, (ended - first) / 1_000),
        "seconds until the worker had begun": (first - began) / 1_000,
        "p50 of the delay, s": delays[len(delays) // 2],
        "p99 of the delay, s": max(0.001, delays[math.ceil(len(delays) * 0.99) - 1]),
        "all logged": len(burst) == len(made) and len(steady) == len(steady_made),
    }


FIGURE = Figure(
    name="relay",
    title="Events from the outbox through the handlers",
    unit="events/s",
    goal=1.0,
    kind="rate",
    ours="one process of the runtime with the role worker",
    measure=measure,
    size=20_000,
    size_unit="events",
    smallest=100,
    runs=1,
)
