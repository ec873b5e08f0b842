"""Reads of records: the same statements on both databases, sent in the way that costs least on each.

SQLite answers in the process itself, so what SQLAlchemy does around a statement (75 us) would be ten times the read (6 us): the driver is asked
directly, on a connection of SQLAlchemy's pool. PostgreSQL costs a round trip a statement, so many keys go into one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import Any, Final, Protocol, cast

from sqlalchemy import ARRAY, Connection, Engine, Select, Text, bindparam, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from chalicelib.adapters.sql_engine import is_sqlite, reading
from chalicelib.adapters.sql_errors import translated
from chalicelib.adapters.sql_query import page_statement, page_values
from chalicelib.adapters.sql_schema import records
from chalicelib.ports.record_store import Key

# pk, sk, version, body, purge_after
Row = tuple[str, str, int, str, int | None]

# A record has up to 390 kB; an answer of the database is held in memory beside what is made of it.
_KEYS_A_STATEMENT: Final = 25
_columns = records.c
_ROW: Final = (_columns.pk, _columns.sk, _columns.version, _columns.body, _columns.purge_after)
_ONE: Final = select(*_ROW).where(_columns.pk == bindparam("pk"), _columns.sk == bindparam("sk"))
_MANY: Final = text(
    "SELECT r.pk, r.sk, r.version, r.body, r.purge_after FROM records AS r JOIN unnest(:pks, :sks) AS k (pk, sk) "
    "ON r.pk = k.pk AND r.sk = k.sk"
).bindparams(bindparam("pks", type_=ARRAY(Text)), bindparam("sks", type_=ARRAY(Text)))


class Reader(Protocol):
    """Reads over one connection."""

    def one(self, key: Key) -> Row | None:
        """The row of a key."""
        ...

    def many(self, keys: Sequence[Key]) -> Iterator[Row]:
        """Those that exist, in any order."""
        ...

    def page(self, pk: str, prefix: str, after: str | None, limit: int, *, reverse: bool) -> list[Row]:
        """Rows of one ``pk`` in order, from behind ``after`` on."""
        ...


@contextmanager
def record_reader(engine: Engine) -> Iterator[Reader]:
    """Each read is a statement by itself. Raises StoreAway, StoreFull."""
    if not is_sqlite(engine):
        with reading(engine) as connection:
            yield _Core(connection)
        return
    with translated():
        try:
            with closing(engine.raw_connection()) as pooled:  # closing puts it back into the pool
                yield _SQLite(cast("sqlite3.Connection", pooled.driver_connection))
        except sqlite3.Error as error:  # as SQLAlchemy would have it
            raise DBAPIError(None, None, error, hide_parameters=True) from error


class _Core:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def one(self, key: Key) -> Row | None:
        row = self._connection.execute(_ONE, {"pk": key.pk, "sk": key.sk}).first()
        return None if row is None else cast("Row", tuple(row))

    def many(self, keys: Sequence[Key]) -> Iterator[Row]:
        for start in range(0, len(keys), _KEYS_A_STATEMENT):
            some = keys[start : start + _KEYS_A_STATEMENT]
            values = {"pks": [key.pk for key in some], "sks": [key.sk for key in some]}
            yield from cast("list[Row]", self._connection.execute(_MANY, values).all())

    def page(self, pk: str, prefix: str, after: str | None, limit: int, *, reverse: bool) -> list[Row]:
        values = page_values(pk, prefix, after, limit)
        statement = page_statement("end" in values, "after" in values, reverse)
        return cast("list[Row]", self._connection.execute(statement, values).all())


class _SQLite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def one(self, key: Key) -> Row | None:
        row: Row | None = self._connection.execute(_ONE_TEXT, {"pk": key.pk, "sk": key.sk}).fetchone()
        return row

    def many(self, keys: Sequence[Key]) -> Iterator[Row]:
        # A list of keys in one statement would be answered by looking through the whole table.
        for key in keys:
            row = self.one(key)
            if row is not None:
                yield row

    def page(self, pk: str, prefix: str, after: str | None, limit: int, *, reverse: bool) -> list[Row]:
        values = page_values(pk, prefix, after, limit)
        text, constants = _page_text("end" in values, "after" in values, reverse)
        return self._connection.execute(text, {**constants, **values}).fetchall()


def _text(statement: Select[Any]) -> tuple[str, dict[str, Any]]:
    """SQLite's own text, and what SQLAlchemy adds to its values (an OFFSET of 0)."""
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


@cache
def _page_text(bounded: bool, continued: bool, reverse: bool) -> tuple[str, dict[str, Any]]:  # noqa: FBT001  # a cache key
    return _text(page_statement(bounded, continued, reverse))


_ONE_TEXT: Final = _text(_ONE)[0]
