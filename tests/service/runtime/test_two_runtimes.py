"""Two runtimes over one store and one folder: what must hold across both, and when one of them dies."""

import signal
import time
from itertools import cycle, pairwise

import httpx

from chalicelib.bootstrap import LazyContext
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Key, Put
from tests.service.runtime.processes import Install, wait_until


def keys(context: LazyContext, pk: str) -> list[str]:
    return [record.key.sk for record in context.records.query(pk, limit=1000).records]


def test_one_of_them_runs_a_schedule_and_the_other_takes_over(shared_install: Install) -> None:
    shared_install.extra["SCHEDULE_SECONDS"] = "0.5"
    shared_install.init()
    context = shared_install.context()
    with shared_install.serving() as one, shared_install.serving() as other:
        wait_until(lambda: len(keys(context, "acme#ticks")) >= 5, "the schedule ran five times")
        assert one.stop() == 0
        before = len(keys(context, "acme#ticks"))
        wait_until(lambda: len(keys(context, "acme#ticks")) > before + 1, "the other went on alone")
        assert other.stop() == 0
        pids = {one.process.pid, other.process.pid}
    ticks = [key.split("#") for key in keys(context, "acme#ticks")]
    assert {int(pid) for _, pid in ticks} <= pids
    moments = [int(moment) for moment, _ in ticks]
    assert all(later - earlier >= 400 for earlier, later in pairwise(moments))


def test_rates_hold_across_both(shared_install: Install) -> None:
    shared_install.extra["ADDRESS_REQUESTS_PER_MINUTE"] = "30"
    shared_install.init()
    with shared_install.serving() as one, shared_install.serving() as other:
        began = time.monotonic()
        turns = cycle((one.url, other.url))
        statuses = [httpx.post(next(turns) + "/reporting/v1/echo", json=[]).status_code for _ in range(80)]
        filled = (time.monotonic() - began) * 30 / 60
    assert set(statuses) == {200, 429}
    assert 24 <= statuses.count(200) <= 30 + filled + 1


def test_a_killed_runtime_s_events_reach_their_handlers_through_the_other(shared_install: Install) -> None:
    shared_install.extra["EVENT_LEASE_SECONDS"] = "2"
    shared_install.init()
    context = shared_install.context()
    ids: set[str] = set()
    with shared_install.serving() as one, shared_install.serving() as other:
        for number in range(40):
            sealed = {"notifications": b"a mail"}
            now = context.clock.now_ms()
            event = Event(f"ev_{number}", "thing.done.v1", "acme", "tr_1", number, now, {}, sealed)
            context.records.transact([Put(Key("acme#made", event.id), {})], [event])
            ids.add(event.id)
            if number == 20:
                one.stop(signal.SIGKILL)
        wait_until(lambda: ids <= set(keys(context, "acme#seen")), "every event was seen")
        wait_until(lambda: ids <= set(keys(context, "acme#reported")), "every event was reported")
        assert other.stop() == 0
