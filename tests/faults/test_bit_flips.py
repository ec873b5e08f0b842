"""Bits that flipped in the store, fetched by the real command: exit code 6, and the file is not there.

That no bit of a file gets through at all is shown in tests/unit/format/test_every_bit.py; here is the way from the disk to the disk.
BIT_FLIPS is how many are tried.
"""

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from fumibako_format.streaming import FIRST_PLAINTEXT, NEXT_PLAINTEXT
from tests.e2e.support.install import Install
from tests.faults import judge
from tests.faults.forked_commands import ForkedPerson
from tests.faults.seeded import seed_of_run, told
from tests.faults.tally import Record, Tally

INTEGRITY = 6
# Behind the bytes of a part stands its footer (filesystem_part.py), which is no part of any file.
FOOTER = 24
SHARES = 4
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Sent:
    """A transfer and where its ciphertext lies; ``whole`` is what is fetched where no bit was flipped."""

    transfer: str
    stored: Path
    whole: dict[str, bytes]


def send(install: Install, person: ForkedPerson, folder: Path, sizes: list[int]) -> Sent:
    chance = random.Random(str(sizes))
    source = folder / f"source-{len(sizes)}"
    source.mkdir()
    for index, size in enumerate(sizes):
        (source / f"{index}.bin").write_bytes(chance.randbytes(size))
    how = ("--to", "g@partner.example", "--hold", "0", "--json")
    sent = person.attempt("send", str(source), *how)
    assert sent.returncode == 0, sent.stderr
    transfer = json.loads(sent.stdout)["id"]
    judge.wait_for_state(install.api(), transfer, ("ready",), seconds=60)
    [part] = (install.data / "blobs" / "acme" / transfer).rglob("p.*")
    return Sent(transfer, part, {path.name: path.read_bytes() for path in source.iterdir()})


def fetched(out: Path) -> dict[str, bytes]:
    """What stands under a name; hidden files are what had only begun to arrive."""
    found = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.name: path.read_bytes() for path in found}


def flip(path: Path, offset: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        [byte] = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 1 << bit]))


def play(person: ForkedPerson, sent: Sent, chance: random.Random, out: Path) -> None:
    offset, bit = chance.randrange(sent.stored.stat().st_size - FOOTER), chance.randrange(8)
    flip(sent.stored, offset, bit)
    try:
        ended = person.attempt("get", sent.transfer, "-o", str(out))
        where = f"bit {bit} of byte {offset}"
        assert ended.returncode == INTEGRITY, f"{where}: exit code {ended.returncode}: {ended.stderr}"
        there = fetched(out)
        assert len(there) < len(sent.whole), f"{where}: all files are there"
        assert there.items() <= sent.whole.items(), f"{where}: a file with other bytes"
        if len(sent.whole) == 1:
            left = [path for path in out.rglob("*") if path.is_file()] if out.exists() else []
            assert not left, f"{where}: left {left}"
    finally:
        flip(sent.stored, offset, bit)
        shutil.rmtree(out, ignore_errors=True)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_flipped_bit_in_the_store_never_becomes_a_file(share: int, tmp_path: Path, record_property: Record) -> None:
    seed = seed_of_run()
    tally = Tally("bit flips in the store", seed, record_property)
    with told(seed, "bit flips"), Install(tmp_path) as install:
        install.init()
        install.serve()
        with ForkedPerson(install.member().home) as person:
            long = send(install, person, tmp_path, [FIRST_PLAINTEXT + NEXT_PLAINTEXT + 5000])
            pack = send(install, person, tmp_path, [0, 1, 900, 40_000, 300_000])
            for number in range(int(os.environ.get("BIT_FLIPS", "200")) // SHARES):
                with tally.round(number):
                    chance = random.Random(f"{seed}/flip/{share}/{number}")
                    play(person, chance.choice((long, pack)), chance, tmp_path / "out")
                tally.met += 1
            for sent in (long, pack):
                ended = person.attempt("get", sent.transfer, "-o", str(tmp_path / "out"))
                assert (ended.returncode, fetched(tmp_path / "out")) == (0, sent.whole), "each flip was taken back"
                shutil.rmtree(tmp_path / "out")
    tally.conclude()
