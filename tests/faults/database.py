"""A PostgreSQL cluster of one test alone, with fsync on: killed with all its processes, and started again over what is on the disk."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import postgresql


@dataclass
class Database:
    """``settings`` make an install use it."""

    cluster: postgresql.Cluster
    settings: dict[str, str]

    def kill(self) -> None:
        """kill -9 of the server and of every backend."""
        server = psutil.Process(int((self.cluster.folder / "data/postmaster.pid").read_text().split()[0]))
        killed = [server, *server.children(recursive=True)]
        for process in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(killed, timeout=30)

    def start_again(self) -> None:
        """With the options it had; it recovers by its log before it answers."""
        data, log = (str(self.cluster.folder / name) for name in ("data", "log"))
        postgresql._run(str(postgresql.binaries() / "pg_ctl"), "-D", data, "-l", log, "-w", "-t", "60", "restart")


@contextlib.contextmanager
def database() -> Iterator[Database]:
    """Running, with the two databases of an install."""
    cluster = postgresql.start(Path(tempfile.mkdtemp(prefix="fumibako-faults-")), fsync=True)
    try:
        urls = [cluster.create_database(name) for name in ("records", "wrapped_keys")]
        yield Database(cluster, {"STORE": "postgresql", "DATABASE_URL": urls[0], "WRAPPED_KEYS_URL": urls[1]})
    finally:
        postgresql.stop(cluster)
