"""One round: a member sends, a guest fetches, the transfer ends and is certified, and somewhere in it a process is killed with -9.

The people in it do what people do: a command that failed because the server was away is given again, and nothing else is done to help.
"""

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fumibako.http import Api

from chalicelib.bootstrap import LazyContext
from tests.e2e.support.people import CommandFailed, Person
from tests.e2e.support.runtime import Runtime
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.acknowledged import Acknowledged
from tests.faults.database import Database
from tests.faults.expiring import expire_soon, stores_of
from tests.faults.lined_install import LinedInstall
from tests.faults.seeded import Plan, make_files

NETWORK = 7
KILLED = -9
TRIES = 6
# Events of a killed worker come again after their lease.
SETTINGS = {"EVENT_LEASE_SECONDS": "3"}


@dataclass
class World:
    """What the rounds of one victim share."""

    install: LinedInstall
    victim: str
    seed: int
    serving: Runtime
    working: Runtime | None
    member: Person
    guest: Person
    api: Api
    stores: LazyContext
    database: Database | None

    @property
    def acks(self) -> Acknowledged:
        """What was acknowledged so far."""
        return self.install.acks


def begin(
    install: LinedInstall, victim: str, seed: int, *, module: str = "onprem.runtime", database: Database | None = None
) -> World:
    """An install with its processes. ``module`` runs instead of the runtime where a fault is planted."""
    install.settings |= SETTINGS | (database.settings if database else {})
    install.init()
    split = victim == "worker"
    serving = install.serve(module=module, ROLES="api,bytes" if split else "api,bytes,worker")
    working = install.work(module=module) if split else None
    member, guest = install.member(), install.guest()
    return World(install, victim, seed, serving, working, member, guest, install.api(), stores_of(install), database)


@dataclass
class Round:
    """``killed`` tells whether the instant came before the round was over."""

    world: World
    plan: Plan
    killed: bool = False
    transfer: str = ""
    _command: "subprocess.Popen[str] | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failure: BaseException | None = None
    _timer: threading.Timer | None = None
    _before: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"{self.world.victim}{self.plan.number}@partner.example"

    def play(self) -> None:
        """The whole round with what can be judged at once."""
        try:
            self._send()
            link = self._delivered()
            self._fetch(link)
            self._end()
        finally:
            if self._timer is not None:
                self._timer.join()
        if self._failure is not None:
            raise self._failure

    def conclude(self, *, seconds: float) -> None:
        """What may take longer where the kill met a lease: destruction, certificate, mail."""
        world, reason = self.world, "revoked" if self.plan.ending == "recall" else "expired"
        judge.wait_for_state(world.api, self.transfer, ("destroyed",), seconds=seconds)
        judge.require_certificate(world.install, world.api, self.transfer, reason, seconds=seconds)
        judge.require_mailed(world.install, self.address, seconds=seconds)

    def _send(self) -> None:
        self._enter("send")
        source = make_files(self.world.install.folder / f"sent-{self.plan.number}", self.world.seed, self.plan)
        title = f"round {self.plan.number}"
        self._before = self.world.acks.created
        how = ("--to", self.address, "--hold", "0", "--expires", "1h", "--proof", "link", "--title", title)
        self._until_done(self.world.member, ("send", str(source), *how), told="tr_")
        head = judge.require_one_transfer(self.world.api, title)
        self.transfer = head["id"]
        acks = self.world.acks
        assert {self.transfer} <= acks.completed or head["state"] != "uploading"
        judge.require_completed(self.world.api, acks, self.transfer)
        judge.require_parts_on_disk(self.world.install.blobs, acks, self.transfer)

    def _delivered(self) -> str:
        self._enter("deliver")
        judge.wait_for_state(self.world.api, self.transfer, ("ready",), seconds=90)
        # A worker killed between mail and note is followed after two minutes; the sender's own link does not wait for it.
        links = wait_for(
            lambda: self.world.api.post(f"/transfers/v1/transfers/{self.transfer}/links")["links"], "links", seconds=90
        )
        return str(links[0]["url"])

    def _fetch(self, link: str) -> None:
        self._enter("fetch")
        out = self.world.install.folder / f"got-{self.plan.number}"
        self._until_done(self.world.guest, ("get", link, "-o", str(out)), check=lambda: self._whole(out))
        sent = self.world.install.folder / f"sent-{self.plan.number}"
        assert digests(sent) == digests(out), "what arrived is not what was sent"
        shutil.rmtree(sent)
        shutil.rmtree(out)

    def _whole(self, out: Path) -> None:
        """A file that has its name is complete, whatever was killed."""
        sent = digests(self.world.install.folder / f"sent-{self.plan.number}")
        for name, digest in (digests(out) if out.exists() else {}).items():
            assert sent[name] == digest, f"{name} has its name and is not whole"

    def _end(self) -> None:
        self._enter("end")
        if self.plan.ending == "recall":
            self._until_done(self.world.member, ("recall", self.transfer))
        else:
            expire_soon(self.world.stores, self.transfer, in_ms=300)
        judge.wait_for_state(self.world.api, self.transfer, ("closed", "destroying", "destroyed"), seconds=90)
        self._enter("certify")

    def _until_done(
        self,
        person: Person,
        arguments: tuple[str, ...],
        *,
        check: Callable[[], None] = lambda: None,
        told: str | None = None,
    ) -> None:
        """The same command again while it fails for the kill's sake, and no question is asked.

        ``check`` must hold after each failure. Who was ``told`` that it is done, on stdout, gives it no second time.
        """
        for _ in range(TRIES):
            with self._lock:
                command = self._command = person.start(*arguments)
            out, error = command.communicate(timeout=180)
            with self._lock:
                self._command = None
            if command.returncode == 0:
                return
            check()
            self._judge_while_uploading()
            if told is not None and told in out:
                return
            ended = subprocess.CompletedProcess(arguments, command.returncode, out, error)
            if command.returncode not in (NETWORK, KILLED) or not self.killed:
                raise CommandFailed(ended)
        raise AssertionError(f"{arguments[0]} did not go on after the kill: {error[-1000:]}")

    def _under_way(self, acks: Acknowledged) -> set[str]:
        """This round's transfer while its completion was not acknowledged. Once sent, it is judged by what the guest gets."""
        return set() if self.transfer else acks.created - acks.completed - self._before

    def _judge_while_uploading(self) -> None:
        acks = self.world.acks
        for transfer in self._under_way(acks):
            judge.require_parts_on_disk(self.world.install.blobs, acks, transfer)
            judge.require_parts_listed(self.world.api, acks, transfer)
            judge.require_not_told(self.world.install, self.world.api, transfer, self.address)

    def _enter(self, phase: str) -> None:
        if phase == self.plan.phase:
            self._timer = threading.Timer(self.plan.delay, self._strike)
            self._timer.start()

    def _strike(self) -> None:
        try:
            self._kill()
        except BaseException as failure:  # noqa: BLE001  # carried to the round's own thread
            self._failure = failure

    def _kill(self) -> None:
        world, module = self.world, "onprem.runtime"
        if world.victim == "client":
            with self._lock:
                if self._command is not None:
                    self.killed = True
                    self._command.kill()
            return
        self.killed = True
        if world.database is not None:
            world.database.kill()
            world.database.start_again()
            return
        if world.working is not None:
            world.working.kill()
            world.working = world.install.work(module=module)
            return
        world.serving.kill()
        acks = world.acks
        for transfer in self._under_way(acks):
            judge.require_parts_on_disk(world.install.blobs, acks, transfer)
        world.serving = world.install.serve(module=module)
        self._judge_while_uploading()


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
