"""A bad line: everything arrives byte for byte, next to nothing is sent twice, and nobody is told "done" before it is.

The line in numbers stands in ``tests/faults/line/bad.py``. BAD_LINE=true takes the true one: 512 MiB at 8 Mbit/s, 20 minutes in all.
"""

import hashlib
import os
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from fumibako_format.streaming import ciphertext_size
from tests.faults.line.bad import MIB, SCALED, TRUE, Journey, Watch
from tests.faults.lined_install import LinedInstall
from tests.faults.seeded import seed_of_run, told

PATIENCE = 3600

pytestmark = pytest.mark.slow


def test_a_file_arrives_over_a_bad_line(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    true = os.environ.get("BAD_LINE") == "true"
    conditions = TRUE if true else SCALED
    seed = seed_of_run()
    chance = random.Random(f"{seed}/line")
    lives = {"TOKEN_SECONDS": str(conditions.token_seconds), "URL_SECONDS": str(conditions.url_seconds)}
    size = ciphertext_size(conditions.size)
    with told(seed, "bad line"), LinedInstall(tmp_path, part_size=conditions.part_size) as install:
        install.init()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in lives.items():
                patch.setenv(name, value)
            install.serve(module="tests.faults.line.short_lives")
        hurried = {"module": "tests.faults.line.hurried_client", "CLIENT_HURRY": str(conditions.hurry)}
        member, guest = install.member(**hurried), install.guest(**hurried)
        source = tmp_path / "source.bin"
        with source.open("wb") as file:
            for _ in range(conditions.size // MIB):
                file.write(chance.randbytes(MIB))
        how = ("--to", "g@partner.example", "--hold", "0", "--expires", "1h", "--proof", "link")
        with Watch(install.line, "PUT", conditions, chance, size) as up:
            sent = member.json("send", str(source), *how, seconds=PATIENCE)
        record_property("journey", {"way": "up", "seed": seed, "true": true, **asdict(up.journey)})
        link = install.link_for("g@partner.example")
        with Watch(install.line, "GET", conditions, chance, size) as down:
            [got] = guest.json("get", link, "-o", str(tmp_path / "out"), seconds=PATIENCE)["files"]
        record_property("journey", {"way": "down", "seed": seed, "true": true, **asdict(down.journey)})
        assert install.api().get(f"/transfers/v1/transfers/{sent['id']}")["state"] == "ready"
        with source.open("rb") as one, Path(got["path"]).open("rb") as other:
            assert hashlib.file_digest(one, "sha256").digest() == hashlib.file_digest(other, "sha256").digest()
        require_frugal(up.journey, conditions.again)
        require_frugal(down.journey, conditions.again)


def require_frugal(journey: Journey, again: float) -> None:
    """Little travelled twice, though the line was as bad as it was meant to be."""
    assert journey.portal_met, "the portal answered nobody"
    assert journey.again <= again, f"{journey.again:.1%} of the bytes travelled twice: {journey}"
