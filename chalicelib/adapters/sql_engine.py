"""Engines for SQLite and PostgreSQL. Making one opens nothing; the first use connects; a forked child begins with no connection.

SQLite: WAL with ``synchronous=FULL``, so a committed transaction survives a power cut (https://sqlite.org/pragma.html#pragma_synchronous);
``secure_delete`` overwrites what is deleted; writers take the lock at BEGIN, because a read that turns into a write can't wait its turn.
"""

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import Pool

from chalicelib.adapters.sql_errors import translated
from chalicelib.domain.errors import Refused, StoreAway

PATIENCE_SECONDS: Final = 10.0
_TURN: Final = "fumibako_turn"
_WRITES: Final = "fumibako_writes"
_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",  # a sort must leave no copy in a temporary file
)
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
_abandoned: list[Pool] = []


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


def make_engine(url: str, *, patience: float = PATIENCE_SECONDS) -> Engine:
    """An engine for ``sqlite:////absolute/path`` or ``postgresql+psycopg://...``. Raises ValueError for another kind.

    ``patience`` is how many seconds a call waits for a lock or a free connection before it raises StoreAway.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return _sqlite(url, patience)
    if backend == "postgresql":
        return _forked(
            create_engine(
                url,
                hide_parameters=True,  # an error's text must not quote what was stored
                pool_size=10,
                max_overflow=20,
                pool_timeout=patience,
                pool_pre_ping=False,
                pool_recycle=1_800,
                connect_args={
                    "connect_timeout": 5,
                    "options": f"-c timezone=UTC -c lock_timeout={int(patience * 1000)}ms",
                },
            )
        )
    raise ValueError("A database URL begins with sqlite: or postgresql+psycopg:")


def _sqlite(url: str, patience: float) -> Engine:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise ValueError("SQLite needs a file; its memory database is not shared between connections.")
    turn = Turn(patience)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=30,
        pool_timeout=patience,
        connect_args={"check_same_thread": False, "timeout": patience, "cached_statements": 256},
        execution_options={_TURN: turn},
    )

    @event.listens_for(engine, "do_connect")
    def _prepare(*_: Any) -> None:
        refuse_network_file_system(Path(path))
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Reads are single statements and need no transaction around them.
        if connection.get_execution_options().get(_WRITES):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return _forked(engine)


def _forked(engine: Engine) -> Engine:
    held = weakref.ref(engine)  # the hook lives as long as the process, the engine need not

    def forget() -> None:
        known = held()
        if known is None:
            return
        # Neither used nor closed in the child: closing a parent's SQLite file drops locks, closing its socket ends its session.
        _abandoned.append(known.pool)
        known.dispose(close=False)
        turn: Turn | None = known.get_execution_options().get(_TURN)
        if turn is not None:
            turn.lock = threading.Lock()  # another thread of the parent may have held it

    os.register_at_fork(after_in_child=forget)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reads, each statement by itself, with the SDK's errors translated."""
    with translated(), engine.connect() as connection:
        if not is_sqlite(engine):
            connection.execution_options(isolation_level="AUTOCOMMIT")  # one round trip instead of three
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection inside one write transaction: committed at the end, rolled back on any error."""
    turn: Turn | None = engine.get_execution_options().get(_TURN)
    with translated(), turn.taken() if turn else nullcontext(), engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


def is_sqlite(engine: Engine) -> bool:
    """Whether this engine stands on SQLite."""
    return engine.dialect.name == "sqlite"


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
