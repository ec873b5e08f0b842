"""An install for workers: its stores, its processes by role, on SQLite or on a PostgreSQL of its own."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.install import ADMIN, Person
from bench.processes import ROOT, free_port, plain_environment, python, run, serving, stop
from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings
from tests import postgresql

STORES = ("sqlite", "postgresql")
TENANT = "bench"
# What a worker does while it is measured is what it does with the settings it ships with.
_RUNTIME = (python(), "-m", "onprem.runtime")


@dataclass(frozen=True)
class Site:
    """``environment`` is what each process runs with; ``password`` is that of the first admin."""

    folder: Path
    environment: dict[str, str]
    port: int
    password: str

    @property
    def data(self) -> Path:
        """Blobs, mails, keyring."""
        return self.folder / "data"

    @contextlib.contextmanager
    def stores(self) -> Iterator[LazyContext]:
        """Its stores, opened in this process."""
        stores = LazyContext(
            load_settings({name: value for name, value in self.environment.items() if name.startswith("FUMIBAKO_")})
        )
        try:
            yield stores
        finally:
            stores.engine.dispose()
            stores.wrapped_keys_engine.dispose()

    @contextlib.contextmanager
    def member(self) -> Iterator[Person]:
        """A runtime with every role, its schedules hurried, and its first admin, signed in."""
        environment = self.environment | {"FUMIBAKO_SCHEDULE_SECONDS": "0.5"}
        command = [*_RUNTIME, "serve"]
        with serving(command, self.port, self.folder / "serve.log", environment=environment, folder=ROOT):
            person = Person(self.folder / "member")
            url = self.environment["FUMIBAKO_BASE_URL"]
            person.run("login", url, "--email", ADMIN, "--password-file", "-", given=self.password + "\n")
            yield person

    @contextlib.contextmanager
    def working(self, processes: int, *, every_seconds: float = 0) -> Iterator[list["subprocess.Popen[bytes]"]]:
        """So many processes that only work off events and schedules, these at their own rates unless ``every_seconds`` is given."""
        hurried = {"FUMIBAKO_SCHEDULE_SECONDS": str(every_seconds)} if every_seconds else {}
        environment = self.environment | {"FUMIBAKO_ROLES": "worker"} | hurried
        started: list[subprocess.Popen[bytes]] = []
        try:
            for number in range(processes):
                with (self.folder / f"worker-{number}.log").open("wb") as out:
                    command = [*_RUNTIME, "serve"]
                    started.append(
                        subprocess.Popen(
                            command,
                            stdout=out,
                            stderr=out,
                            stdin=subprocess.DEVNULL,
                            env=environment,
                            cwd=ROOT,
                            start_new_session=True,
                        )
                    )
            yield started
        finally:
            for process in started:
                stop(process)


@contextlib.contextmanager
def site(folder: Path, store: str) -> Iterator[Site]:
    """``init`` was run, nothing serves yet. PostgreSQL has fsync on and lies in a folder that its own account can enter."""
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(_postgresql()) if store == "postgresql" else {}
        port = free_port()
        environment = plain_environment(
            FUMIBAKO_MODE="evaluation",
            FUMIBAKO_DATA_DIR=str(folder / "data"),
            FUMIBAKO_LISTEN_PORT=str(port),
            FUMIBAKO_BASE_URL=f"http://127.0.0.1:{port}",
            FUMIBAKO_MAIL="maildir",
            FUMIBAKO_SCANNER="none",
            FUMIBAKO_MIN_FREE_BYTES="0",
            **settings,
        )
        first = ["--tenant", TENANT, "--name", "Bench", "--language", "en", "--admin-email", ADMIN]
        answer: dict[str, Any] = json.loads(
            run([*_RUNTIME, "init", *first, "--admin-name", "Admin"], environment=environment).splitlines()[-1]
        )
        yield Site(folder, environment, port, answer["password"])


@contextlib.contextmanager
def _postgresql() -> Iterator[dict[str, str]]:
    cluster = postgresql.start(Path(tempfile.mkdtemp(prefix="fumibako-bench-pg-")), fsync=True)
    try:
        yield {
            "FUMIBAKO_STORE": "postgresql",
            "FUMIBAKO_DATABASE_URL": cluster.create_database("records"),
            "FUMIBAKO_WRAPPED_KEYS_URL": cluster.create_database("wrapped_keys"),
        }
    finally:
        postgresql.stop(cluster)
