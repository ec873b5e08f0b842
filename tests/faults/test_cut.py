"""Connections cut in mid-body, before an answer is heard and in the middle of it: one command, one transfer, every byte."""

import random
from pathlib import Path

import pytest

from tests.faults.line.acts import Act, Cut, Exchange
from tests.faults.parcels import TRANSFERS, Parcel, office
from tests.faults.seeded import rounds_of, seed_of_run
from tests.faults.strikes import Strikes, cut
from tests.faults.tally import Record, Tally

pytestmark = pytest.mark.slow
PLANTED = "tests.faults.planted.forgets_what_it_created"


def play(folder: Path, tally: Tally, rounds: int) -> None:
    with office(folder) as place:
        for number in range(rounds):
            chance = random.Random(f"{tally.seed}/cut/{number}")
            with tally.round(number):
                sending, fetching = Strikes(chance, cut), Strikes(chance, cut)
                place.round(Parcel.make(folder, number, chance), sending, fetching)
                tally.met += sending.met + fetching.met
        with tally.end(rounds):
            place.close()
    tally.conclude()


def test_nothing_is_lost_or_doubled_when_connections_are_cut(tmp_path: Path, record_property: Record) -> None:
    play(tmp_path, Tally("cut", seed_of_run(), record_property), rounds_of())


def test_a_server_that_forgets_what_it_created_is_found_out(tmp_path: Path) -> None:
    """The planted fault: the answer to the creation is lost, and the same request makes another transfer."""

    def unheard(chance: random.Random, exchange: Exchange) -> Act:
        return Cut("unheard")

    def creates(exchange: Exchange) -> bool:
        return (exchange.method, exchange.path) == ("POST", TRANSFERS)

    chance = random.Random(1)
    weather = Strikes(chance, unheard, among=1, concerns=creates)
    with office(tmp_path, module=PLANTED) as place:
        parcel = Parcel.make(tmp_path, 0, chance)
        with pytest.raises(AssertionError, match="2 transfers were made by one command"):
            place.send(parcel, weather)
