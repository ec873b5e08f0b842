"""Two writers on one transfer: the same upload going on in two places at once, and PUTs of one part that race. One of them wins, whole."""

import hashlib
import random
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.support.install import RUNTIME
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.acknowledged import Acknowledged
from tests.faults.line.line import Fair
from tests.faults.parcels import TRANSFERS, Office, Parcel, office
from tests.faults.seeded import MIB, rounds_of, seed_of_run
from tests.faults.tally import Record, Tally

PLANTED = "tests.faults.planted.takes_parts_after_complete"
PART = 5 * MIB
# What a second writer may be told: done, or that the other was quicker (spec/errors.md).
TOLD = ("upload_closed", "upload_over", "state_wrong", "gone", "not_found")
pytestmark = pytest.mark.slow


def twice_at_once(place: Office, parcel: Parcel, chance: random.Random) -> None:
    """A laptop's home was copied in mid-upload, and both go on."""
    before, wanted = place.install.acks.created, chance.randrange(1, 3)
    twin = Person(place.install.folder / "people" / f"twin-{parcel.number}")
    commands = [place.member.start(*parcel.command)]
    try:
        wait_for(lambda: enough(place.install.acks, before, wanted), "the first parts are in", pause=0.002)
        shutil.copytree(place.member.home, twin.home)
        commands.append(twin.start(*parcel.command))
        ended = [(command, *command.communicate(timeout=120)) for command in commands]
    finally:
        for command in commands:
            command.kill()
    codes = [command.returncode for command, _, _ in ended]
    assert 0 in codes, f"neither came to its end: {[error for _, _, error in ended]}"
    for command, _, error in ended:
        assert command.returncode == 0 or any(f"[{code}]" in error for code in TOLD), error
    place.require_sent(parcel)
    place.fetch(parcel, place.link(parcel), Fair())
    place.recall(parcel)


def enough(acks: Acknowledged, before: set[str], wanted: int) -> bool:
    """So many parts of the transfer that was made since; or it is complete already."""
    made = acks.created - before
    return any(len(acks.of(one)) >= wanted or one in acks.completed for one in made)


def race(place: Office, number: int, chance: random.Random) -> None:
    """Three PUTs with other bytes for each part, two completions; one more PUT when all is over."""
    sizes = [PART, chance.randrange(1, PART)]
    wanted = {"name": "raced.bin", "size": sum(sizes), "part_size": PART}
    to = [{"email": f"race{number}@partner.example"}]
    made = place.api.post(TRANSFERS, {"class": "plain", "files": [wanted], "recipients": to, "hold_minutes": 0})
    bodies = {one["part"]: [chance.randbytes(one["size"]) for _ in range(3)] for one in made["uploads"]}
    puts = [(one, body) for one in made["uploads"] for body in bodies[one["part"]]]
    chance.shuffle(puts)
    together = threading.Barrier(len(puts))
    with ThreadPoolExecutor(len(puts)) as threads:
        statuses = list(threads.map(lambda one: put(one[0], one[1], together), puts))
    assert statuses == [200] * len(puts), statuses
    base = f"{TRANSFERS}/{made['id']}"
    with ThreadPoolExecutor(2) as threads:
        named = {"files": [{"id": made["files"][0]["id"]}]}
        stored = list(threads.map(lambda _: place.api.post(f"{base}/files/complete", named), range(2)))
    assert [one["files"][0]["state"] for one in stored] == ["stored", "stored"]
    late = [put(one, bodies[one["part"]][0]) for one in made["uploads"]]
    assert not any(200 <= status < 300 for status in late), f"taken after complete: {late}"
    place.api.post(f"{base}/complete")
    require_one_of_each(place, made, sizes, bodies)
    place.api.delete(base)
    judge.wait_for_state(place.api, made["id"], ("destroyed",), seconds=120)


def put(upload: dict[str, Any], body: bytes, together: threading.Barrier | None = None) -> int:
    """The status; 0 where the server refused and closed before all was sent."""
    if together is not None:
        together.wait()
    try:
        return httpx.put(upload["url"], content=body, headers=upload["headers"], timeout=60).status_code
    except httpx.TransportError:
        return 0


def require_one_of_each(place: Office, made: dict[str, Any], sizes: list[int], bodies: dict[int, list[bytes]]) -> None:
    """Each part is what one of its writers sent, from its first byte to its last."""
    judge.wait_for_state(place.api, made["id"], ("ready",), seconds=60)
    opened = place.api.post(f"{TRANSFERS}/{made['id']}/downloads")["files"][0]
    content = httpx.get(opened["url"], headers=opened["headers"], timeout=60).content
    for number, size in enumerate(sizes, 1):
        part, content = content[:size], content[size:]
        sent = {hashlib.sha256(body).digest() for body in bodies[number]}
        assert hashlib.sha256(part).digest() in sent, f"part {number} is a mixture of its writers"


def run(folder: Path, tally: Tally, rounds: int, module: str = RUNTIME) -> None:
    with office(folder, module=module) as place:
        tenant = place.api.get("/auth/v1/tenant")
        place.api.patch("/auth/v1/tenant", {"allow_plain": True}, version=tenant["version"])
        for number in range(rounds):
            chance = random.Random(f"{tally.seed}/writers/{number}")
            with tally.round(number):
                if number % 2:
                    twice_at_once(place, Parcel.make(folder, number, chance), chance)
                else:
                    race(place, number, chance)
                tally.met += 1
        with tally.end(rounds):
            place.close()
    tally.conclude()


def test_two_writers_make_one_transfer_and_no_mixture(tmp_path: Path, record_property: Record) -> None:
    run(tmp_path, Tally("two writers", seed_of_run(), record_property), rounds_of())


def test_a_store_that_takes_parts_after_complete_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="taken after complete"):
        run(tmp_path, Tally("two writers, one late", 1, lambda *_: None), 1, PLANTED)
