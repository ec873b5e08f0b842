"""What SQLite needs beyond an engine: a private file on a local disk, and writers that take turns."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from chalicelib.adapters.sql_errors import is_busy
from chalicelib.domain.errors import Refused, StoreAway

_NETWORK_FILE_SYSTEMS: Final = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "afs",
    "lustre",
    "fuse.sshfs",
    "fuse.s3fs",
)


class Turn:
    """Lets the threads of one process write one after the other; SQLite's own lock only polls."""

    def __init__(self, patience: float) -> None:
        self.lock = threading.Lock()
        self._patience = patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Raises StoreAway where the turn does not come in time."""
        lock = self.lock
        if not lock.acquire(timeout=self._patience):
            raise StoreAway("The database is busy with other writes.")
        try:
            yield
        finally:
            lock.release()


def create_private(path: str) -> None:
    """Make the file readable by its owner only, before SQLite makes it readable by all.

    Never opens a file that exists: closing it again would drop the locks that this process's other connections hold on it
    (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))


def begin_immediate(connection: Connection, patience: float) -> None:
    """Ask again every few milliseconds: SQLite's own waiting grows to 100 ms a step, and whoever waits longest is overtaken."""
    driver: Any = connection.connection.driver_connection
    end = time.monotonic() + patience
    driver.execute("PRAGMA busy_timeout=3").close()
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not is_busy(error) or time.monotonic() >= end:
                    raise
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(patience * 1000)}").close()


def refuse_network_file_system(path: Path) -> None:
    """Raises Refused("sqlite_on_network"): WAL needs shared memory between processes, which no network file system gives.

    https://sqlite.org/wal.html, "Disadvantages".
    """
    kind = _file_system(path.resolve(), Path("/proc/self/mountinfo"))
    if kind in _NETWORK_FILE_SYSTEMS:
        raise Refused("sqlite_on_network", f"SQLite can't live on {kind}; use a local disk or PostgreSQL.")


def _file_system(path: Path, mounts: Path) -> str:
    """The type of the file system that holds a path; empty where the host does not tell (proc_pid_mountinfo(5))."""
    best, kind = "", ""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields, _, tail = line.partition(" - ")
        point = fields.split()[4].replace("\\040", " ")
        if len(point) >= len(best) and path.is_relative_to(point):
            best, kind = point, tail.split()[0]
    return kind
