"""Rounds over one install behind a line: a parcel is sent in bad weather, judged, fetched in bad weather, judged, and recalled."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fumibako.http import Api

from tests.e2e.support.install import RUNTIME
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.forked_commands import ForkedPerson
from tests.faults.line.line import Weather
from tests.faults.lined_install import LinedInstall
from tests.faults.rounds import digests
from tests.faults.seeded import MIB

TRANSFERS = "/transfers/v1/transfers"
ENDED = ("closed", "destroying", "destroyed")
IDLE_SECONDS = "1"
SETTINGS = {"EVENT_LEASE_SECONDS": "3"}


@dataclass
class Parcel:
    """``sizes`` in bytes; ``transfer`` once it was sent."""

    number: int
    sizes: tuple[int, ...]
    folder: Path
    transfer: str = ""

    @property
    def title(self) -> str:
        return f"parcel {self.number}"

    @property
    def address(self) -> str:
        return f"parcel{self.number}@partner.example"

    @property
    def source(self) -> Path:
        return self.folder / f"sent-{self.number}"

    @property
    def out(self) -> Path:
        return self.folder / f"got-{self.number}"

    @property
    def command(self) -> tuple[str, ...]:
        """The command that sends it."""
        how = ("--to", self.address, "--hold", "0", "--expires", "1h", "--proof", "link", "--title", self.title)
        return ("send", str(self.source), *how)

    @classmethod
    def make(cls, folder: Path, number: int, chance: random.Random) -> "Parcel":
        """Two to four parts: one file, or small ones in a pack beside it."""
        small = tuple(chance.randrange(0, 100_000) for _ in range(chance.choice((0, 0, 5))))
        return cls(number, (*small, chance.randrange(6 * MIB, 17 * MIB)), folder)._written(chance)

    @classmethod
    def small(cls, folder: Path, number: int, chance: random.Random) -> "Parcel":
        """One file of one to three parts."""
        return cls(number, (chance.randrange(MIB, 11 * MIB),), folder)._written(chance)

    def _written(self, chance: random.Random) -> "Parcel":
        self.source.mkdir()
        for index, size in enumerate(self.sizes):
            (self.source / f"file-{index:02d}.bin").write_bytes(chance.randbytes(size))
        return self


@dataclass
class Office:
    """Who sends and who fetches, over one install."""

    install: LinedInstall
    member: Person
    guest: Person
    api: Api
    sent: list[Parcel] = field(default_factory=list)

    def send(self, parcel: Parcel, weather: Weather) -> None:
        """One command, whatever the weather; what was promised on its way holds."""
        with self.install.weather(weather):
            self.member.run(*parcel.command)
        self.require_sent(parcel)

    def require_sent(self, parcel: Parcel) -> None:
        """It is one transfer, and all of what was promised of it is there."""
        parcel.transfer = judge.require_one_transfer(self.api, parcel.title)["id"]
        self.sent.append(parcel)
        acks = self.install.acks
        assert parcel.transfer in acks.completed, "sent, the command says, and nobody said so to it"
        judge.require_completed(self.api, acks, parcel.transfer)
        judge.require_parts_on_disk(self.install.blobs, acks, parcel.transfer)

    def link(self, parcel: Parcel) -> str:
        """The sender's own link, once the transfer is ready."""
        judge.wait_for_state(self.api, parcel.transfer, ("ready",), seconds=90)
        path = f"{TRANSFERS}/{parcel.transfer}/links"
        return str(wait_for(lambda: self.api.post(path)["links"], "links", seconds=90, pause=0.02)[0]["url"])

    def fetch(self, parcel: Parcel, link: str, weather: Weather) -> None:
        """What arrives is what was sent."""
        with self.install.weather(weather):
            self.guest.run("get", link, "-o", str(parcel.out))
        assert digests(parcel.source) == digests(parcel.out), "what arrived is not what was sent"

    def recall(self, parcel: Parcel) -> None:
        """Its end; the files of both sides go."""
        self.api.delete(f"{TRANSFERS}/{parcel.transfer}")
        shutil.rmtree(parcel.source)
        shutil.rmtree(parcel.out, ignore_errors=True)

    def round(self, parcel: Parcel, sending: Weather, fetching: Weather) -> None:
        """All of it."""
        self.send(parcel, sending)
        self.fetch(parcel, self.link(parcel), fetching)
        self.recall(parcel)

    def close(self) -> None:
        """After the last round: everything that was sent is gone, and everybody was told once."""
        acks = self.install.acks
        for parcel in self.sent:
            judge.wait_for_state(self.api, parcel.transfer, ("destroyed",), seconds=120)
            judge.require_mailed(self.install, parcel.address, seconds=120)
        judge.require_nothing_left(self.install.data, acks, *(parcel.transfer for parcel in self.sent))


@contextmanager
def office(folder: Path, *, module: str = RUNTIME, part_size: int = 5 * MIB, **settings: str) -> Iterator[Office]:
    """Open for business. ``module`` runs instead of the runtime where a fault is planted. The clients wait a second for a silent byte path."""
    with LinedInstall(folder, part_size=part_size, **SETTINGS, **settings) as install:
        install.init()
        install.serve(module=module)
        homes = install.member().home, install.guest().home
        how = {"CLIENT_IDLE_SECONDS": IDLE_SECONDS}
        with ForkedPerson(homes[0], **how) as member, ForkedPerson(homes[1], **how) as guest:
            yield Office(install, member, guest, install.api())
