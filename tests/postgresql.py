"""A PostgreSQL cluster of the tests' own, in a scratch folder; the system's is never touched.

One cluster serves a whole run: with xdist the first worker that needs it starts it under a file lock, the last one that ends stops it.
Each worker has a database of its own. ``fsync`` is off, so nothing here proves durability.
"""

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its data folder, its port on 127.0.0.1."""

    folder: Path
    port: int

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database; gives its URL."""
        self._run(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database with whoever is still connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


def binaries() -> Path:
    """The folder of initdb and pg_ctl, the newest version installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).parent
    raise FileNotFoundError(
        "PostgreSQL is not installed; apt-get install postgresql, or leave it out by FUMIBAKO_ADAPTERS"
    )


def _run(*command: str) -> None:
    """Run a tool of PostgreSQL; as its own user where the tests run as root, which it refuses."""
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    ids = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()} if account else {}
    # The server inherits stdout, so a pipe would never end.
    subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **ids)  # type: ignore[call-overload]


def start(folder: Path, *, fsync: bool = False) -> Cluster:
    """Make a cluster in an empty ``folder`` that the account ``postgres`` can reach, and wait until it answers."""
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    tools = binaries()
    data = str(folder / "data")
    _run(str(tools / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    port = _free_port()
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
    settings += "" if fsync else " -c fsync=off -c full_page_writes=off"
    _run(str(tools / "pg_ctl"), "-D", data, "-l", str(folder / "log"), "-o", settings, "-w", "-t", "60", "start")
    return Cluster(folder, port)


def stop(cluster: Cluster) -> None:
    """Stop it at once; the data is thrown away."""
    _run(str(binaries() / "pg_ctl"), "-D", str(cluster.folder / "data"), "-m", "immediate", "-w", "stop")
    shutil.rmtree(cluster.folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgresql_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster of this run, started at first use."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    state = shared / "postgresql.json"
    lock = FileLock(str(shared / "postgresql.lock"))
    with lock:
        known = json.loads(state.read_text()) if state.exists() else None
        if known is None:
            # Not below pytest's own folder, which the account postgres can't enter.
            cluster = start(Path(tempfile.mkdtemp(prefix="fumibako-postgresql-")))
            known = {"folder": str(cluster.folder), "port": cluster.port, "users": 0}
        known["users"] += 1
        state.write_text(json.dumps(known))
    cluster = Cluster(Path(known["folder"]), known["port"])
    yield cluster
    with lock:
        known = json.loads(state.read_text())
        known["users"] -= 1
        if known["users"]:
            state.write_text(json.dumps(known))
        else:
            state.unlink()
            stop(cluster)


@pytest.fixture(scope="session")
def postgresql_url(postgresql_cluster: Cluster) -> str:
    """An empty database of this worker."""
    return postgresql_cluster.create_database(f"worker_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
