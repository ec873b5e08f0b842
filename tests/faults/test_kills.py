"""kill -9 at seeded random instants of the whole run: create, part, complete, check, delivery, sweep, certificate.

FAULT_ROUNDS rounds for all victims together, the seed is FAULT_SEED or new (docs/operations/faults.md).
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.support.install import Install
from tests.faults import judge
from tests.faults.database import database
from tests.faults.rounds import Round, begin
from tests.faults.seeded import plans, rounds_of, seed_of_run, told

# A kill that meets a held lease or a mail under way is made good after one or two minutes.
SLOWEST = 240


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.parametrize(
    ("victim", "share"), [("runtime", 0.35), ("worker", 0.25), ("client", 0.25), ("postgresql", 0.15)]
)
def test_nothing_acknowledged_is_lost_when_a_process_is_killed(
    victim: str, share: float, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = seed_of_run()
    record_property("rounds", f"{victim}: seed {seed}, {rounds_of(share)} rounds")
    with told(seed, f"kill -9 of {victim}"), ExitStack() as stack:
        own = stack.enter_context(database()) if victim == "postgresql" else None
        install = stack.enter_context(Install(tmp_path))
        world = begin(install, victim, seed, database=own)
        played = []
        for plan in plans(seed, victim, rounds_of(share)):
            one = Round(world, plan)
            one.play()
            played.append(one)
        for one in played:
            one.conclude(seconds=SLOWEST)
        record_property("rounds", f"{victim}: {sum(one.killed for one in played)} kills met their process")
        listed = world.api.get("/transfers/v1/transfers", box="sent", limit=200)["items"]
        assert {one["state"] for one in listed} == {"destroyed"}
        for one in played:
            judge.require_nothing_left(install.data, world.acks, one.transfer)
