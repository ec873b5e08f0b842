"""A store that answers 500, 503 SlowDown, a page, nothing at all, or less than it says: the client goes on, and success is only the store's own word."""

import random
from pathlib import Path

import pytest

from tests.faults.line.acts import Act, Answer, Exchange
from tests.faults.parcels import Parcel, office
from tests.faults.seeded import rounds_of, seed_of_run
from tests.faults.strikes import Choose, Strikes, store_error, to_store
from tests.faults.tally import Record, Tally

pytestmark = pytest.mark.slow


def play(folder: Path, tally: Tally, rounds: int, choose: Choose) -> None:
    with office(folder) as place:
        for number in range(rounds):
            chance = random.Random(f"{tally.seed}/store/{number}")
            with tally.round(number):
                sending = Strikes(chance, choose, among=5, concerns=to_store)
                fetching = Strikes(chance, store_error, among=3, concerns=to_store)
                place.round(Parcel.make(folder, number, chance), sending, fetching)
                tally.met += sending.met + fetching.met
        with tally.end(rounds):
            place.close()
    tally.conclude()


def test_a_store_in_trouble_loses_nothing(tmp_path: Path, record_property: Record) -> None:
    play(tmp_path, Tally("store errors", seed_of_run(), record_property), rounds_of(0.6), store_error)


def test_a_store_that_only_says_so_is_found_out(tmp_path: Path) -> None:
    """The planted fault: 200 and an ETag, and nothing was stored."""

    def lie(chance: random.Random, exchange: Exchange) -> Act:
        return Answer(200, b"", (("etag", '"00000000-1-0123456789abcdef"'),))

    with pytest.raises(AssertionError, match="round 0"):
        play(tmp_path, Tally("store that lies", 1, lambda *_: None), 1, lie)
