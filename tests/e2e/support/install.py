"""An install: data folder, ``init``, one or several runtimes, people, mails. Everything is stopped at the end."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from fumibako.credentials import Credentials
from fumibako.http import Api, call_open, open_pool, take_tokens

from tests.e2e.support.people import ROOT, Person
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.runtime import Runtime, started
from tests.e2e.support.waiting import wait_for
from tests.letters import Letter, letters_in

ADMIN = "admin@acme.example"
RUNTIME = "onprem.runtime"


class Install:
    """``with Install(tmp_path) as install: install.init(); install.serve()``. ``settings`` are names without FUMIBAKO_."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = reserved_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.first: dict[str, Any] = {}
        self._runtimes: list[Runtime] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        for runtime in self._runtimes:
            runtime.kill()

    def environment(self, **settings: str) -> dict[str, str]:
        """What a server process runs with."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FUMIBAKO_")}
        chosen = {
            "MODE": "evaluation",
            "DATA_DIR": str(self.data),
            "BASE_URL": self.url,
            "LISTEN_PORT": str(self.port),
            "MAIL": "maildir",
            "SCANNER": "none",
            "SCHEDULE_SECONDS": "0.5",
            "MIN_FREE_BYTES": "0",
            # One address stands for many people here.
            "ADDRESS_REQUESTS_PER_MINUTE": "100000",
            **self.settings,
            **settings,
        }
        return {**kept, "PYTHONPATH": str(ROOT), **{f"FUMIBAKO_{name}": value for name, value in chosen.items()}}

    def init(self) -> dict[str, Any]:
        """Data folder, keys, schema, tenant ``acme`` and its first admin."""
        tenant = ("--tenant", "acme", "--name", "Acme", "--language", "en")
        done = self.command("init", *tenant, "--admin-email", ADMIN, "--admin-name", "Acme Admin")
        assert done.returncode == 0, done.stderr
        self.first = json.loads(done.stdout.splitlines()[-1])
        return self.first

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command of the operator to its end."""
        command = [sys.executable, "-m", RUNTIME, *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=120)

    def serve(self, *, module: str = RUNTIME, name: str = "runtime", url: str = "", **settings: str) -> Runtime:
        """Start a runtime and wait until it is ready. ``module``: what is run instead (planted faults)."""
        runtime = self._start(module, name, url or self.url, settings)

        def ready() -> bool:
            assert runtime.process.poll() is None, runtime.tail()
            return answers(runtime.url + "/readyz")

        wait_for(ready, "the runtime is ready", pause=0.02)
        return runtime

    def work(self, *, module: str = RUNTIME, name: str = "worker", **settings: str) -> Runtime:
        """Start a process that only works off events and schedules."""
        return self._start(module, name, "", {"ROLES": "worker", **settings})

    def _start(self, module: str, name: str, url: str, settings: dict[str, str]) -> Runtime:
        log = self.folder / f"{name}.log"
        command = [sys.executable, "-m", module, "serve"]
        runtime = Runtime(started(command, log, self.environment(**settings), ROOT), url, log)
        self._runtimes.append(runtime)
        return runtime

    def member(self, name: str = "member", **how: Any) -> Person:
        """The first admin with a command line, signed in."""
        person = Person(self.folder / "people" / name, **how)
        given = self.first["password"] + "\n"
        person.run("login", self.url, "--email", self.first["email"], "--password-file", "-", given=given)
        return person

    def guest(self, name: str = "guest", **how: Any) -> Person:
        """Somebody outside: a command line and no sign-in."""
        return Person(self.folder / "people" / name, **how)

    def api(self) -> Api:
        """The first admin over HTTP, by the client's own library: retries, and tokens renewed in time."""
        credentials = Credentials(self.url, "")
        pool = self._open.enter_context(open_pool())
        body = {"email": self.first["email"], "password": self.first["password"], "client": "cli"}
        take_tokens(credentials, call_open(pool, self.url, "/auth/v1/login", body))
        return Api(credentials, pool)

    def http(self) -> httpx.Client:
        """A bare client that is closed with the install."""
        return self._open.enter_context(httpx.Client(timeout=30))

    def letters(self, address: str = "") -> list[Letter]:
        """The mails delivered so far, to one address or to all."""
        return [one for one in letters_in(self.data / "mail") if not address or address in one.to]

    def link_for(self, address: str, *, seconds: float = 60) -> str:
        """The link in the first mail to an address that has one."""
        return wait_for(
            lambda: next((one.link for one in self.letters(address) if one.link), ""), "a link", seconds=seconds
        )

    def code_for(self, address: str, *, seconds: float = 60) -> str:
        """The one-time code in the first mail to an address that has one."""
        return wait_for(
            lambda: next((one.code for one in self.letters(address) if one.code), ""), "a code", seconds=seconds
        )


def answers(url: str) -> bool:
    """Whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
