"""A host clock that jumps ahead and back in the middle of things: work goes on, and what expired once stays expired."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import judge
from tests.faults.jumping_clock import JumpingClock
from tests.faults.line.acts import Act, Exchange
from tests.faults.parcels import ENDED, Office, Parcel, office
from tests.faults.seeded import rounds_of, seed_of_run
from tests.faults.tally import Record, Tally

JUMPING = "tests.faults.jumping_clock"
PLANTED = "tests.faults.planted.believes_the_host_clock"
EXPIRED = 5
MINUTE = 60_000
pytestmark = pytest.mark.slow


@dataclass
class Jumps:
    """The clock jumps by ``by`` ms before the ``at``-th exchange."""

    clock: JumpingClock
    at: int
    by: int
    seen: int = 0

    @property
    def jumped(self) -> int:
        return int(self.seen >= self.at)

    def begins(self, exchange: Exchange) -> Act | None:
        self.seen += 1
        if self.seen == self.at:
            self.clock.forward(self.by) if self.by > 0 else self.clock.back(-self.by)
        return None

    def connects(self) -> bool:
        return True


def step(chance: random.Random) -> int:
    """Seconds or minutes ahead, less than a token lives; or back, by as much and more."""
    size = chance.choice((chance.randrange(1000, MINUTE), chance.randrange(MINUTE, 10 * MINUTE)))
    return size if chance.random() < 0.4 else -chance.choice((size, 20 * MINUTE))


def play(place: Office, clock: JumpingClock, parcel: Parcel, chance: random.Random) -> int:
    """One round; how many jumps there were in it."""
    sending = Jumps(clock, chance.randrange(1, 6), step(chance))
    place.send(parcel, sending)
    if chance.random() < 0.4:
        require_no_way_back(place, clock, parcel, chance)
        return sending.jumped + 2
    fetching = Jumps(clock, chance.randrange(1, 6), step(chance))
    place.fetch(parcel, place.link(parcel), fetching)
    clock.catch_up()
    place.recall(parcel)
    return sending.jumped + fetching.jumped


def require_no_way_back(place: Office, clock: JumpingClock, parcel: Parcel, chance: random.Random) -> None:
    """It was sent for an hour; an hour and a half later it is gone, and stays so where the host's clock goes back before that."""
    link = place.link(parcel)
    clock.forward(90 * MINUTE)
    require_gone(place, parcel, link)
    clock.back(chance.randrange(85, 600) * MINUTE)
    require_gone(place, parcel, link)
    judge.wait_for_state(place.api, parcel.transfer, ENDED, seconds=90)
    clock.catch_up()


def require_gone(place: Office, parcel: Parcel, link: str) -> None:
    ended = place.guest.attempt("get", link, "-o", str(parcel.out))
    assert (ended.returncode, parcel.out.exists()) == (EXPIRED, False), f"expired, and still: {ended}"


@contextmanager
def jumping(folder: Path, module: str) -> Iterator[tuple[Office, JumpingClock]]:
    clock = JumpingClock(folder / "clock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOCK_FILE", str(folder / "clock"))
        # Slow enough that a round can look at a moment that no schedule has acted on yet.
        with office(folder, module=module, SCHEDULE_SECONDS="4") as place:
            yield place, clock


def run(folder: Path, tally: Tally, rounds: int, module: str) -> None:
    with jumping(folder, module) as (place, clock):
        for number in range(rounds):
            chance = random.Random(f"{tally.seed}/clock/{number}")
            with tally.round(number):
                tally.met += play(place, clock, Parcel.small(folder, number, chance), chance)
        if not tally.found:
            with tally.end(rounds):
                place.close()
    tally.conclude()


def test_a_clock_that_jumps_loses_nothing_and_opens_nothing_again(tmp_path: Path, record_property: Record) -> None:
    run(tmp_path, Tally("clock jumps", seed_of_run(), record_property), rounds_of(), JUMPING)


def test_a_clock_without_a_mark_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="expired, and still"):
        run(tmp_path, Tally("clock believed", 3, lambda *_: None), 6, PLANTED)
