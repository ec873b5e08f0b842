"""What a round consists of, all of it decided by one seed: files, victim's instant, and how the transfer ends."""

import os
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
# Each takes the same number of rounds.
KINDS = ("kill", "cut", "full", "store", "writers", "events", "clock")
PHASES = ("send", "deliver", "fetch", "end", "certify")
# How long each takes on a quiet machine, in seconds; a kill falls anywhere in it, or into the next one where it was quicker.
_LASTS = {"send": 1.4, "deliver": 0.6, "fetch": 0.8, "end": 1.2, "certify": 1.2}
_OF_CLIENT = ("send", "send", "fetch")


@dataclass(frozen=True)
class Plan:
    """``phase`` and ``delay`` (seconds into it) are the instant of the kill; ``sizes`` the files; ``ending`` recall or expiry."""

    number: int
    phase: str
    delay: float
    sizes: tuple[int, ...]
    ending: str


def rounds_of(share: float = 1.0) -> int:
    """How many rounds a share of one kind takes of FAULT_ROUNDS, which is for all kinds together."""
    return max(1, round(int(os.environ.get("FAULT_ROUNDS") or 20 * len(KINDS)) / len(KINDS) * share))


def seed_of_run() -> int:
    """FAULT_SEED, or a new one."""
    return int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**9))


def plans(seed: int, victim: str, rounds: int) -> Iterator[Plan]:
    """The same seed gives the same rounds."""
    chance = random.Random(f"{seed}/{victim}")
    for number in range(rounds):
        phase = chance.choice(_OF_CLIENT if victim == "client" else PHASES)
        kind = chance.random()
        if kind < 0.4:
            sizes: tuple[int, ...] = (chance.randrange(3 * MIB, 18 * MIB),)
        elif kind < 0.7:  # a pack and a file of its own
            sizes = (*(chance.randrange(0, 200_000) for _ in range(20)), chance.randrange(6 * MIB, 12 * MIB))
        else:
            sizes = tuple(chance.randrange(2 * MIB, 7 * MIB) for _ in range(3))
        yield Plan(number, phase, chance.uniform(0, _LASTS[phase]), sizes, chance.choice(("recall", "expiry")))


def make_files(folder: Path, seed: int, plan: Plan) -> Path:
    """The plan's files in a folder of their own."""
    folder.mkdir(parents=True)
    for index, size in enumerate(plan.sizes):
        (folder / f"file-{index:02d}.bin").write_bytes(random.Random(f"{seed}/{plan.number}/{index}").randbytes(size))
    return folder


@contextmanager
def told(seed: int, what: str) -> Iterator[None]:
    """A failure says by which seed it can be had again."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"{what}: run again with FAULT_SEED={seed}")
        raise
