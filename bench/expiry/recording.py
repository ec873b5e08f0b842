"""Events in the outbox, as the API's handlers record them, and when reporting had handled each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from bench.processes import Failed
from chalicelib.bootstrap import LazyContext
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Key, Put
from chalicelib.stores.event_log_store import SEEN_KEPT
from chalicelib.use_cases.events_out import make_event

_A_TRANSACTION = 90
_LOOK = 0.05
# A day's mixture: every second one tells of people, so reporting opens, commits to and seals what is known of them.
_TYPES = ("download.started.v1", "transfer.extended.v1", "guest.verified.v1", "transfer.created.v1")


@dataclass(frozen=True)
class Handled:
    """Moments (ms) of one event: recorded, and written to the log by reporting."""

    recorded: int
    logged: int


def events(stores: LazyContext, tenants: Sequence[str], count: int) -> list[Event]:
    """So many, of the tenants in turn."""
    made = []
    for number in range(count):
        kind = _TYPES[number % len(_TYPES)]
        personal = {"address": f"guest-{number}@partner.example", "network": "192.0.2.1"} if number % 2 == 0 else None
        made.append(
            make_event(
                stores,
                type=kind,
                tenant=tenants[number % len(tenants)],
                subject=stores.ids.new("tr"),
                sequence=1,
                actor=stores.ids.new("rc"),
                data={"files": 1, "bytes": 1024},
                personal=personal,
            )
        )
    return made


def record(stores: LazyContext, made: Sequence[Event]) -> None:
    """Each transaction with a record, as a use case writes them."""
    for start in range(0, len(made), _A_TRANSACTION):
        some = made[start : start + _A_TRANSACTION]
        stores.records.transact([Put(Key(f"{some[0].tenant}#made#{some[0].id}", "made"), {})], some)


def record_steadily(stores: LazyContext, tenants: Sequence[str], *, per_second: int, seconds: float) -> list[Event]:
    """One transaction an event, at even distances."""
    made: list[Event] = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if len(made) < passed * per_second:
            (one,) = events(stores, [tenants[len(made) % len(tenants)]], 1)
            record(stores, [one])
            made.append(one)
        else:
            time.sleep(0.001)
    return made


def wait_until_handled(stores: LazyContext, *, seconds: float = 1_800) -> float:
    """Until outbox and queues are empty; gives the moment on ``time.monotonic``. Raises Failed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with stores.engine.connect() as connection:
            left = connection.execute(text("SELECT 1 FROM outbox UNION ALL SELECT 1 FROM deliveries LIMIT 1")).first()
        if left is None:
            return time.monotonic()
        time.sleep(_LOOK)
    raise Failed("the events were not handled in time")


def handled(stores: LazyContext, made: Sequence[Event]) -> list[Handled]:
    """Of those that reporting has logged, each once: its mark says when."""
    found = {}
    for start in range(0, len(made), 100):
        keys = {Key(f"{one.tenant}#event#{one.id}", "seen"): one for one in made[start : start + 100]}
        for mark in stores.records.get_many(list(keys)):
            one = keys[mark.key]
            found[one.id] = Handled(one.at, (mark.purge_after or 0) - SEEN_KEPT)
    return list(found.values())
