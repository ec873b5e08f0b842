"""A disk that fills at any moment of a send: under the blobs, or under the database. What was promised stays, the command says what is
wrong and leaves nothing half done, and once there is room the same command goes on."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.support.install import RUNTIME
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.line.acts import Act, Exchange
from tests.faults.line.line import Fair
from tests.faults.parcels import Office, Parcel, office
from tests.faults.seeded import MIB, rounds_of, seed_of_run
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.tally import Record, Tally

FULL = 8
PLANTED = "tests.faults.planted.full_is_fine"
pytestmark = [pytest.mark.slow, pytest.mark.root]


@dataclass
class Fills:
    """The disk is full from the ``at``-th exchange on."""

    disk: SmallDisk
    at: int
    seen: int = 0
    filled: bool = False

    def begins(self, exchange: Exchange) -> Act | None:
        self.seen += 1
        if self.seen > self.at and not self.filled:
            self.filled = True
            self.disk.fill()
        return None

    def connects(self) -> bool:
        return True


@contextmanager
def small_office(folder: Path, module: str = RUNTIME) -> Iterator[tuple[Office, dict[str, SmallDisk]]]:
    """Blobs and databases on a small disk each."""
    with (
        small_disk(folder / "blobs", 192) as blobs,
        small_disk(folder / "data", 96) as data,
        office(folder, module=module, BLOB_DIR=str(folder / "blobs")) as place,
    ):
        yield place, {"blobs": blobs, "data": data}


def play(place: Office, disk: SmallDisk, parcel: Parcel, chance: random.Random) -> bool:
    """One round; whether the disk was full before the command was done."""
    weather = Fills(disk, chance.randrange(0, 8))
    before = place.install.acks.created
    with place.install.weather(weather):
        ended = place.member.attempt(*parcel.command)
    try:
        acks = place.install.acks
        [*made] = acks.created - before
        assert ended.returncode in (0, FULL), f"{ended.returncode}: {ended.stderr}"
        assert ended.returncode == 0 or "[store_full]" in ended.stderr, ended.stderr
        assert ended.returncode == FULL or acks.completed.issuperset(made), "done, it said"
        for transfer in made:
            require_kept(place, transfer)
    finally:
        disk.free()
    if ended.returncode == FULL:
        again = place.member.json(*parcel.command)
        assert (again["id"] in made, again["resumed"]) == (bool(made), bool(made)), "the same command went on"
    place.require_sent(parcel)
    assert not [path for path in place.install.blobs.rglob("t.*") if parcel.transfer in str(path)], (
        "left after complete"
    )
    place.fetch(parcel, place.link(parcel), Fair())
    place.recall(parcel)
    return ended.returncode == FULL


def require_kept(place: Office, transfer: str) -> None:
    """All that was promised while the disk was filling; and of what found no room nothing is left."""
    acks = place.install.acks
    judge.require_parts_on_disk(place.install.blobs, acks, transfer)
    judge.require_parts_listed(place.api, acks, transfer)
    # The client goes at the first refusal; what else it had under way ends a moment later. A manifest that found no room stays until
    # the next complete or destroy, and is small.
    wait_for(lambda: not left_over(place, transfer), f"nothing is left of parts without room: {transfer}", seconds=30)


def left_over(place: Office, transfer: str) -> list[Path]:
    """Parts that never got their name."""
    found = [path for path in place.install.blobs.rglob("t.*") if transfer in str(path)]
    return [path for path in found if size_of(path) >= MIB]


def size_of(path: Path) -> int:
    """0 where it is gone meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def run(folder: Path, tally: Tally, rounds: int, module: str = RUNTIME) -> None:
    with small_office(folder, module) as (place, disks):
        for number in range(rounds):
            chance = random.Random(f"{tally.seed}/full/{number}")
            with tally.round(number):
                disk = disks[chance.choice(("blobs", "data"))]
                tally.met += play(place, disk, Parcel.make(folder, number, chance), chance)
        with tally.end(rounds):
            place.close()
    tally.conclude()


def test_a_disk_that_fills_costs_nothing_that_was_promised(tmp_path: Path, record_property: Record) -> None:
    run(tmp_path, Tally("full disk", seed_of_run(), record_property), rounds_of())


def test_a_store_that_does_not_notice_is_found_out(tmp_path: Path) -> None:
    chance = random.Random(1)
    with small_office(tmp_path, PLANTED) as (place, disks):
        weather = Fills(disks["blobs"], at=1)
        with place.install.weather(weather):
            command = place.member.start(*Parcel.make(tmp_path, 0, chance).command)
            try:
                wait_for(lambda: place.install.acks.parts, "a part is acknowledged", pause=0.01)
                disks["blobs"].free()
                [transfer] = place.install.acks.created
                with pytest.raises(AssertionError, match=r"was acknowledged and is not|other bytes"):
                    require_kept(place, transfer)
            finally:
                command.kill()
                command.communicate()
