"""Ours: the released runtime in processes of its own with the settings it ships with, and people who have the command line alone."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import ROOT, Failed, free_port, plain_environment, python, run, serving

ADMIN = "admin@bench.example"
GUEST = "guest@partner.example"
SEND_FLAGS = f"send FILE --to {GUEST} --hold 0 --proof link --expires 1d --json"
GET_FLAGS = "get ID -o FOLDER --json"
# Where memory or a cut is measured, another module takes the place of the command.
CLI = "fumibako.cli"


class Person:
    """``home`` keeps the sign-in and what was cut off."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def run(self, *arguments: str, given: str = "", module: str = CLI, extra: Mapping[str, str] | None = None) -> str:
        """A command that must go well; gives its stdout. Raises Failed."""
        return run(self.command(*arguments, module=module), given=given, environment=self.environment(extra))

    def json(self, *arguments: str, module: str = CLI, extra: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The same with ``--json``."""
        answer: dict[str, Any] = json.loads(self.run(*arguments, "--json", module=module, extra=extra))
        return answer

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A command under way."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment(),
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        )

    def command(self, *arguments: str, module: str = CLI) -> list[str]:
        """What is started."""
        return [python(), "-m", module, *arguments]

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """What it is started with."""
        return plain_environment(FUMIBAKO_HOME=str(self._home), FUMIBAKO_LANG="en", **(extra or {}))


@dataclass(frozen=True)
class Install:
    """``process`` is the runtime, ``member`` its first admin, signed in at ``url``."""

    url: str
    data: Path
    process: "subprocess.Popen[bytes]"
    member: Person
    # The member's, for a browser that signs in by itself.
    password: str = ""

    def send(self, path: Path, *, how: tuple[str, ...] = (), **options: Any) -> dict[str, Any]:
        """A file or a folder to a guest: back when every byte is durable and the server has said so."""
        usual = ("--to", GUEST, "--hold", "0", "--proof", "link", "--expires", "1d")
        return self.member.json("send", str(path), *usual, *how, **options)

    def get(self, transfer: str, folder: Path, **options: Any) -> list[dict[str, Any]]:
        """Every file of a transfer, opened, checked and on the disk."""
        files: list[dict[str, Any]] = self.member.json("get", transfer, "-o", str(folder), **options)["files"]
        return files

    def wait_for(self, transfer: str, state: str) -> None:
        """Until a transfer is in a state. Raises Failed after a while without it."""
        wait(lambda: self.member.json("show", transfer)["state"] == state, f"{transfer} is {state}")

    def destroy(self, transfer: str) -> None:
        """Recall it and wait until its bytes are gone, so that the next run finds an empty disk."""
        self.member.run("recall", transfer)
        self.wait_for(transfer, "destroyed")


def wait(true: Callable[[], bool], what: str, *, seconds: float = 300, pause: float = 0.1) -> None:
    """Until something is true. Raises Failed after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(pause)


@contextlib.contextmanager
def installed(base: Path, *, base_url: str = "", port: int = 0, page: Path | None = None) -> Iterator[Install]:
    """``init``, serving, signed in. ``base_url``: what people reach it by, where that is not its own ``port``; ``page``: the built page."""
    base.mkdir(parents=True)
    data, port = base / "data", port or free_port()
    url = base_url or f"http://127.0.0.1:{port}"
    environment = plain_environment(
        FUMIBAKO_MODE="evaluation",
        FUMIBAKO_DATA_DIR=str(data),
        FUMIBAKO_LISTEN_PORT=str(port),
        FUMIBAKO_BASE_URL=url,
        FUMIBAKO_MAIL="maildir",
        FUMIBAKO_SCANNER="none",
        **({"FUMIBAKO_PAGE_DIR": str(page)} if page is not None else {}),
    )
    runtime = [python(), "-m", "onprem.runtime"]
    first = _first(runtime, environment)
    with serving([*runtime, "serve"], port, base / "runtime.log", environment=environment, folder=ROOT) as process:
        member = Person(base / "member")
        member.run("login", url, "--email", ADMIN, "--password-file", "-", given=first["password"] + "\n")
        yield Install(url, data, process, member, first["password"])


def _first(runtime: list[str], environment: dict[str, str]) -> dict[str, Any]:
    named = [
        "--tenant",
        "bench",
        "--name",
        "Bench",
        "--language",
        "en",
        "--admin-email",
        ADMIN,
        "--admin-name",
        "Admin",
    ]
    answer: dict[str, Any] = json.loads(run([*runtime, "init", *named], environment=environment).splitlines()[-1])
    return answer
