"""record_store on SQLite and PostgreSQL by SQLAlchemy Core. Bodies are JSON text, so NUL and integers of any size survive."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, bindparam, delete, select, text

from chalicelib.adapters.sql_engine import is_sqlite, reading, writing
from chalicelib.adapters.sql_query import MOST_ROWS
from chalicelib.adapters.sql_reading import Row, record_reader
from chalicelib.adapters.sql_schema import records
from chalicelib.adapters.sql_transaction import transact
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.events import Event
from chalicelib.ports.record_rules import (
    MAX_PAGE_BYTES,
    check_key,
    check_query,
    check_transaction,
    decode_cursor,
    encode_cursor,
    parse_body,
    record_bytes,
)
from chalicelib.ports.record_store import Key, Operation, Page, Record

_BATCH: Final = 500
_columns = records.c
_DUE: Final = (
    select(_columns.pk, _columns.sk)
    .where(_columns.purge_after < bindparam("now"))
    .order_by(_columns.purge_after)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_PURGE: Final = delete(records).where(
    _columns.pk == bindparam("key_pk"), _columns.sk == bindparam("key_sk"), _columns.purge_after < bindparam("now")
)


class SQLRecordStore:
    """``engine`` comes from ``make_engine``; its database was brought up to date by ``sql_schema.upgrade``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: Key) -> Record | None:
        """One indexed read."""
        check_key(key)
        with record_reader(self._engine) as reader:
            row = reader.one(key)
        return None if row is None else _record(row)

    def get_many(self, keys: Sequence[Key]) -> list[Record]:
        """One connection for all of them."""
        if len(keys) > 100:
            raise ValueError("get_many takes at most 100 keys.")
        for key in keys:
            check_key(key)
        if not keys:
            return []
        with record_reader(self._engine) as reader:
            return [_record(row) for row in reader.many(list(dict.fromkeys(keys)))]

    def query(
        self, pk: str, *, prefix: str = "", limit: int = 100, cursor: str | None = None, reverse: bool = False
    ) -> Page:
        """Reads in steps of at most ``MOST_ROWS``, so that large records don't fill the memory before the page is full."""
        check_query(limit)
        after = None if cursor is None else decode_cursor(cursor, pk, prefix, reverse=reverse)
        found: list[Record] = []
        size = 0
        with record_reader(self._engine) as reader:
            while True:
                step = min(limit - len(found) + 1, MOST_ROWS)
                rows = reader.page(pk, prefix, after, step, reverse=reverse)
                for row in rows:
                    size += record_bytes(Key(pk, row[1]), row[3])
                    if len(found) == limit or (found and size > MAX_PAGE_BYTES):
                        return Page(tuple(found), encode_cursor(pk, prefix, found[-1].key.sk, reverse=reverse))
                    found.append(_record(row))
                if len(rows) < step:
                    return Page(tuple(found), None)
                after = found[-1].key.sk

    def transact(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        """See ``sql_transaction`` for the timeline of two writers."""
        texts = check_transaction(operations, events)
        transact(self._engine, operations, texts, events)

    @property
    def batch(self) -> int:
        return _BATCH

    def transact_batch(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        """One wait for the disk; on SQLite other writers wait for all of it."""
        transact(self._engine, operations, check_transaction(operations, events, most=_BATCH), events)

    def purge(self, now: int, limit: int) -> int:
        """Deletes, then overwrites what deletion left in SQLite's files."""
        with writing(self._engine) as connection:
            due = connection.execute(_DUE, {"now": now, "most": limit}).all()
            if due:
                rows: list[dict[str, Any]] = [{"key_pk": pk, "key_sk": sk, "now": now} for pk, sk in due]
                connection.execute(_PURGE, rows)
        self.compact()
        return len(due)

    def compact(self) -> None:
        """On SQLite, empty the write-ahead log, so that no file of the database holds a byte of a deleted row; elsewhere nothing.

        ``secure_delete`` has overwritten the rows in the pages; the log still holds the pages as they were. A reader in the middle
        of a page of results keeps the log for a moment; then the next call does it. PostgreSQL drops dead rows by its own vacuum.
        """
        if not is_sqlite(self._engine):
            return
        try:
            with reading(self._engine) as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).all()
        except StoreAway:
            return


def _record(row: Row) -> Record:
    pk, sk, version, body, purge_after = row
    return Record(Key(pk, sk), version, parse_body(body), purge_after)
