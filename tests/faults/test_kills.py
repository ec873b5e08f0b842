"""kill -9 at seeded random instants of the whole run: create, part, complete, check, delivery, sweep, certificate.

FAULT_ROUNDS rounds for all victims together, the seed is FAULT_SEED or new (docs/operations/faults.md).
"""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults import judge
from tests.faults.database import database
from tests.faults.lined_install import LinedInstall
from tests.faults.rounds import Round, begin
from tests.faults.seeded import plans, rounds_of, seed_of_run
from tests.faults.tally import Record, Tally

# A kill that meets a held lease or a mail under way is made good after one or two minutes.
SLOWEST = 240


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.parametrize(
    ("victim", "share"), [("runtime", 0.35), ("worker", 0.25), ("client", 0.25), ("postgresql", 0.15)]
)
def test_nothing_acknowledged_is_lost_when_a_process_is_killed(
    victim: str, share: float, tmp_path: Path, record_property: Record
) -> None:
    tally = Tally(f"kill -9 of {victim}", seed_of_run(), record_property)
    with ExitStack() as stack:
        own = stack.enter_context(database()) if victim == "postgresql" else None
        install = stack.enter_context(LinedInstall(tmp_path))
        world = begin(install, victim, tally.seed, database=own)
        played = []
        for plan in plans(tally.seed, victim, rounds_of(share)):
            one = Round(world, plan)
            with tally.round(plan.number):
                one.play()
                played.append(one)
        for one in played:
            with tally.end(one.plan.number):
                one.conclude(seconds=SLOWEST)
        tally.met = sum(one.killed for one in played)
        with tally.end(len(played)):
            judge.require_nothing_left(install.data, world.acks, *(one.transfer for one in played))
            listed = judge.all_sent(world.api)
            assert {one["state"] for one in listed} == {"destroyed"}
    tally.conclude()
