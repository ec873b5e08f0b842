"""Minutes until very many transfers that are due at once are destroyed, audited and certified, beside the promise of five."""

import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from bench.expiry.ending import ended_well, wait_for_the_end
from bench.expiry.filling import Filler, make_owners
from bench.expiry.site import STORES, Site, site
from bench.expiry.template import make_template
from bench.figure import Figure, Measured, Plan
from bench.processes import first_line
from chalicelib.adapters.sql_schema import records
from chalicelib.bootstrap import LazyContext
from chalicelib.ports.record_store import Key, Put
from tests import postgresql

_PROMISE = 5.0  # minutes
_BYTES = 1_024
_TENANTS = 100
_WORKERS = 2
_SMALL = 1_000  # below this the figure only shows that it runs: no waiting for whole minutes


def measure(plan: Plan) -> Measured:
    """One store after the other. The time runs from the start of the worker processes, with everything due already."""
    pairs: dict[str, list[tuple[float, float]]] = {store: [] for store in STORES}
    more: dict[str, Any] = {}
    checked = True
    for number in range(plan.runs):
        for store in STORES:
            folder = plan.scratch / f"{store}-{number}"
            with site(folder, store) as place:
                seen = _one(place, plan.size)
            shutil.rmtree(folder)
            checked = checked and seen.pop("ended well")
            pairs[store].append((seen["minutes"], _PROMISE))
            more[store] = seen
    return Measured(
        pairs={f"the promise, on {store}": pairs[store] for store in STORES},
        checked=checked,
        notes=(
            f"{_TENANTS} tenants, one file of {_BYTES} bytes to one guest each, managed; bytes in a directory, everything on one disk.",
            "The worker starts with everything due, as after an outage; one that runs looks when the next whole minute begins.",
            "checked: each transfer destroyed, its certificate and its audit entry there, every chain whole, no byte and no key left.",
            "Mails to the senders that it is done go out meanwhile and after; they wait behind all other mails and are not part of the promise.",
            "Copies are written past the API, out of the rows and files of one transfer that the API made.",
        ),
        versions={
            "python": sys.version.split()[0],
            "sqlite": sqlite3.sqlite_version,
            "postgresql": first_line([str(postgresql.binaries() / "postgres"), "--version"]),
        },
        flags={"sqlite": "WAL, synchronous=FULL", "postgresql": "fsync=on", "workers": f"{_WORKERS} processes"},
        more=more,
    )


def _one(place: Site, size: int) -> dict[str, Any]:
    template = make_template(place, _BYTES)
    with place.stores() as stores:
        due_at = stores.clock.now_ms() - 60_000
        filler = Filler(template, make_owners(stores, min(_TENANTS, size)), due_at)
        filler.fill(stores, place.data / "blobs", size)
        _after_an_outage(stores, due_at)
        with place.working(_WORKERS, every_seconds=0.5 if size < _SMALL else 0):
            course = wait_for_the_end(stores, time.monotonic())
        mailed = _mails(place.data / "mail")
        well = ended_well(place, stores, filler.made)
    return {
        "minutes": course.all / 60,
        "minutes until all were destroyed": course.destroyed / 60,
        "transfers per second": size / course.all,
        "mails sent by then": mailed,
        "ended well": well,
    }


def _after_an_outage(stores: LazyContext, due_at: int) -> None:
    """The runtime that made the template is gone for some time: its schedules are due, and nothing was swept since."""
    with stores.engine.begin() as connection:
        connection.execute(delete(records).where(records.c.pk.startswith("lease#")))
    stores.records.transact([Put(Key("due#swept", "mark"), {"minute": due_at // 60_000 - 1})])


def _mails(folder: Path) -> int:
    return sum(1 for _ in (folder / "new").iterdir())


FIGURE = Figure(
    name="expire",
    title="Very many transfers due at once: destroyed, audited, certified",
    unit="minutes",
    goal=1.0,
    kind="share",
    ours=f"{_WORKERS} processes of the runtime with the role worker",
    measure=measure,
    size=100_000,
    size_unit="transfers",
    smallest=100,
    runs=1,
)
