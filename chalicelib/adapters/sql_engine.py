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
from chalicelib.adapters.sql_sqlite import Turn, begin_immediate, create_private, refuse_network_file_system

PATIENCE_SECONDS: Final = 10.0
_TURN: Final = "fumibako_turn"
_WRITES: Final = "fumibako_writes"
_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",  # a sort must leave no copy in a temporary file
)
_abandoned: list[Pool] = []


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
        create_private(path)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Reads are single statements and need no transaction around them.
        if connection.get_execution_options().get(_WRITES):
            begin_immediate(connection, patience)

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
