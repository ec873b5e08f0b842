"""Writes of a whole transaction in one statement a kind: PostgreSQL costs a round trip and a plan a statement, however few rows it has.

SQLite answers in the process itself; there the driver's ``executemany`` is the same in effect.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Connection, Text, TextClause, bindparam, delete, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import Executable

from chalicelib.adapters.sql_schema import outbox, records

Row = Mapping[str, Any]
_columns = records.c
_PLACE: Final = (_columns.pk == bindparam("key_pk"), _columns.sk == bindparam("key_sk"))
_VALUES: Final = ("key_pk", "key_sk", "version", "purge_after", "body")
_EACH: Final[dict[str, Executable]] = {
    # preserve_rowcount: SQLAlchemy tells otherwise nothing of an INSERT
    "insert": sqlite.insert(records)
    .values(pk=bindparam("key_pk"), sk=bindparam("key_sk"))
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True),
    "update": update(records).where(*_PLACE),
    "delete": delete(records).where(*_PLACE),
    "event": sqlite.insert(outbox).on_conflict_do_nothing(),
}


def _lists(statement: str, *names: str) -> TextClause:
    kinds = {"version": BigInteger, "purge_after": BigInteger}
    bound = [bindparam(name, type_=ARRAY(kinds.get(name, Text))) for name in names]
    return text(statement).bindparams(*bound).execution_options(preserve_rowcount=True)


_TOGETHER: Final = {
    "insert": _lists(
        "INSERT INTO records (pk, sk, version, purge_after, body) "
        "SELECT * FROM unnest(:key_pk, :key_sk, :version, :purge_after, :body) ON CONFLICT DO NOTHING",
        *_VALUES,
    ),
    "update": _lists(
        "UPDATE records AS r SET version = k.version, purge_after = k.purge_after, body = k.body "
        "FROM unnest(:key_pk, :key_sk, :version, :purge_after, :body) AS k (pk, sk, version, purge_after, body) "
        "WHERE r.pk = k.pk AND r.sk = k.sk",
        *_VALUES,
    ),
    "delete": _lists(
        "DELETE FROM records AS r USING unnest(:key_pk, :key_sk) AS k (pk, sk) WHERE r.pk = k.pk AND r.sk = k.sk",
        "key_pk",
        "key_sk",
    ),
    "event": _lists(
        "INSERT INTO outbox (event_id, event) SELECT * FROM unnest(:event_id, :event) ON CONFLICT DO NOTHING",
        "event_id",
        "event",
    ),
}


def write_rows(connection: Connection, kind: str, rows: Sequence[Row]) -> int:
    """``insert``, ``update``, ``delete`` or ``event``; the rows have the names of ``_VALUES``. Gives how many rows it was done to."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        return connection.execute(_EACH[kind], rows).rowcount
    lists = {name: [row[name] for row in rows] for name in rows[0]}
    return connection.execute(_TOGETHER[kind], lists).rowcount
