"""Very many rows written past the stores' own transactions, in the very form in which a store keeps them.

A figure measures what is asked of many records, not how they came to be there. SQLite and PostgreSQL take them as rows; a DynamoDB takes items of
the form that ``dynamodb_items`` gives them, 25 to a request (BatchWriteItem), over several connections at once.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final, Protocol

import psycopg
from sqlalchemy import make_url

# pk, sk, version, purge_after, body
Row = tuple[str, str, int, int | None, str]
_AT_ONCE: Final = 5_000
_ITEMS: Final = 25  # of one BatchWriteItem
_CONNECTIONS: Final = 4


class RowWriter(Protocol):
    """Where rows go."""

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows that are not there yet."""
        ...

    def close(self) -> None:
        """Put the database into the state of one that took its time: logs emptied, statistics made."""
        ...


def write_all(writer: RowWriter, rows: Iterable[Row]) -> None:
    """Write them in pieces, so that they need never be in memory together."""
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        writer.write(some)


def sql_rows(url: str) -> RowWriter:
    """Rows of an SQLite or PostgreSQL database of ours."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        assert parsed.database
        return _SQLite(parsed.database)
    return _PostgreSQL(parsed.set(drivername="postgresql").render_as_string(hide_password=False))


def dynamodb_rows(client: Any, table: str) -> RowWriter:
    """Items of a table of ours. ``client`` is botocore's."""
    return _DynamoDB(client, table)


class _SQLite:
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA synchronous=OFF")

    def write(self, rows: Sequence[Row]) -> None:
        with self._connection:
            self._connection.executemany(
                "INSERT INTO records (pk, sk, version, purge_after, body) VALUES (?, ?, ?, ?, ?)", rows
            )

    def close(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class _PostgreSQL:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)

    def write(self, rows: Sequence[Row]) -> None:
        statement = "COPY records (pk, sk, version, purge_after, body) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        self._connection.commit()

    def close(self) -> None:
        self._connection.autocommit = True
        self._connection.execute("VACUUM ANALYZE")
        self._connection.execute("CHECKPOINT")
        self._connection.close()


class _DynamoDB:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._pool = ThreadPoolExecutor(_CONNECTIONS)

    def write(self, rows: Sequence[Row]) -> None:
        for _ in self._pool.map(self._put, _pieces(rows)):
            pass

    def _put(self, rows: Sequence[Row]) -> None:
        waiting = {self._table: [{"PutRequest": {"Item": _item(row)}} for row in rows]}
        while waiting:
            waiting = self._client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]

    def close(self) -> None:
        self._pool.shutdown()


def _pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + _ITEMS] for start in range(0, len(rows), _ITEMS))


def _item(row: Row) -> dict[str, Any]:
    from chalicelib.adapters.dynamodb_items import item_key, put_attributes  # SDK of one store
    from chalicelib.ports.record_store import Key

    pk, sk, version, purge_after, body = row
    return {**item_key(Key(pk, sk)), **put_attributes(body, purge_after, version=version)}
