"""SQLite and PostgreSQL under the contracts of record_store and event_bus: real files, a real server, real kills."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from chalicelib.adapters.sql_engine import make_engine
from chalicelib.adapters.sql_event_bus import SQLEventBus
from chalicelib.adapters.sql_record_store import SQLRecordStore
from chalicelib.adapters.sql_schema import upgrade
from chalicelib.domain.event_json import event_from_json
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Operation
from tests.contract.crash import encode
from tests.contract.harness import Registry, Scene
from tests.contract.subjects import Failure
from tests.fakes.clock import FakeClock

TABLES = ("records", "outbox", "deliveries")


class SQLSubject:
    """Both ports over one database; ``_fail`` holds what differs between the two."""

    unknown_error: type[Exception] = DBAPIError

    def __init__(self, url: str) -> None:
        self.url = url
        self._engines: list[Engine] = []
        self.engine = self._engine()
        upgrade(self.engine)

    def _engine(self, **options: Any) -> Engine:
        self._engines.append(make_engine(self.url, **options))
        return self._engines[-1]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database itself holds."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def run(self, *statements: str) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    @contextmanager
    def broken_tables(self) -> Iterator[None]:
        """A table that is gone is an error nobody expects."""
        self.run(*[f"ALTER TABLE {table} RENAME TO {table}_gone" for table in TABLES])
        try:
            yield
        finally:
            self.run(*[f"ALTER TABLE {table}_gone RENAME TO {table}" for table in TABLES])

    def away(self) -> AbstractContextManager[Engine]:
        raise AssertionError("the database's own subject tells")

    def full(self) -> AbstractContextManager[Engine]:
        raise AssertionError("the database's own subject tells")

    @contextmanager
    def failing_engine(self, kind: Failure) -> Iterator[Engine]:
        if kind == "unknown":
            with self.broken_tables():
                yield self._engine()
        else:
            with self.away() if kind == "away" else self.full() as engine:
                yield engine

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()


class SQLiteSubject(SQLSubject):
    @contextmanager
    def away(self) -> Iterator[Engine]:
        """Another process holds the whole file and does not let go."""
        self.close()
        holder = sqlite3.connect(make_url(self.url).database or "", isolation_level=None)
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        try:
            yield self._engine(patience=0.05)
        finally:
            holder.close()

    @contextmanager
    def full(self) -> Iterator[Engine]:
        """The file may not grow: SQLite's own answer to a full disk."""
        engine = self._engine()

        @event.listens_for(engine, "connect")
        def _limit(connection: Any, _: Any) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages + 4}").fetchall()

        yield engine


class PostgreSQLSubject(SQLSubject):
    @contextmanager
    def away(self) -> Iterator[Engine]:
        """The database lets nobody in and ends the sessions it has: what a restart looks like."""
        engine = self._engine(patience=2.0)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        name = make_url(self.url).database
        url = make_url(self.url).set(database="postgres", drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            try:
                yield engine
            finally:
                admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
                self.engine.dispose()

    @contextmanager
    def full(self) -> Iterator[Engine]:
        """A trigger answers with the server's own code for a full disk."""
        self.run(
            "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
            "CREATE TRIGGER disk_full AFTER INSERT ON records FOR EACH ROW EXECUTE FUNCTION disk_full()",
        )
        try:
            yield self._engine()
        finally:
            self.run("DROP TRIGGER disk_full ON records", "DROP FUNCTION disk_full")


class StoreSubject:
    """record_store over such a database."""

    def __init__(self, database: SQLSubject) -> None:
        self._database = database
        self.unknown_error = database.unknown_error

    def open(self) -> SQLRecordStore:
        return SQLRecordStore(self._database._engine())

    def outbox(self) -> list[Event]:
        return [event_from_json(row[0]) for row in self._database.rows("SELECT event FROM outbox ORDER BY position")]

    def crash(self, operations: Sequence[Operation], events: Sequence[Event]) -> None:
        """Another process runs the transaction and is killed (SIGKILL) after the records, at the outbox."""
        command = [sys.executable, "-m", "tests.contract.crash", self._database.url]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, input=encode(operations, events), cwd=root, capture_output=True, check=False)
        assert done.returncode == -9, done.stderr.decode()

    @contextmanager
    def failing(self, kind: Failure) -> Iterator[SQLRecordStore]:
        with self._database.failing_engine(kind) as engine:
            yield SQLRecordStore(engine)


class BusSubject:
    """event_bus over such a database, with a clock that the test moves."""

    def __init__(self, database: SQLSubject) -> None:
        self._database = database
        self.unknown_error = database.unknown_error
        self.records = SQLRecordStore(database.engine)
        self._clock = FakeClock()

    def open(self) -> SQLEventBus:
        return SQLEventBus(self._database._engine(), self._clock)

    def wait(self, ms: int) -> None:
        self._clock.advance(ms)

    def traces(self, needle: bytes) -> list[str]:
        tables = ("outbox", "deliveries")
        held = [(table, row[0]) for table in tables for row in self._database.rows(f"SELECT event FROM {table}")]
        return [table for table, stored in held if needle in stored.encode()]

    @contextmanager
    def failing(self, kind: Failure) -> Iterator[SQLEventBus]:
        with self._database.failing_engine(kind) as engine:
            yield SQLEventBus(engine, self._clock)


@contextmanager
def _sqlite(scene: Scene) -> Iterator[SQLSubject]:
    subject = SQLiteSubject(f"sqlite:///{scene.tmp_path / 'records.db'}")
    try:
        yield subject
    finally:
        subject.close()


@contextmanager
def _postgresql(scene: Scene) -> Iterator[SQLSubject]:
    """One database per worker, emptied for each test: making one takes longer than most tests."""
    subject = PostgreSQLSubject(scene.fixture("postgresql_url"))
    subject.run(f"TRUNCATE {', '.join(TABLES)}")
    try:
        yield subject
    finally:
        subject.close()


def _over(database: Any, port: type[StoreSubject] | type[BusSubject]) -> Any:
    @contextmanager
    def factory(scene: Scene) -> Iterator[StoreSubject | BusSubject]:
        with database(scene) as subject:
            yield port(subject)

    return factory


def register(registry: Registry) -> None:
    registry.add("record_store", "sqlite", _over(_sqlite, StoreSubject))
    registry.add("event_bus", "sqlite", _over(_sqlite, BusSubject))
    registry.add("record_store", "postgresql", _over(_postgresql, StoreSubject), group="postgresql")
    registry.add("event_bus", "postgresql", _over(_postgresql, BusSubject), group="postgresql")
