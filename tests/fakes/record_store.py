"""record_store in memory, with the whole contract and visible state."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.errors import Conflict
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
from chalicelib.ports.record_store import ABSENT, ANY, MAX_OPERATIONS, Check, Delete, Key, Operation, Page, Put, Record


@dataclass(frozen=True)
class Row:
    """One stored record; the body as text, so that nobody changes it from outside."""

    version: int
    text: str
    purge_after: int | None


@dataclass
class FakeRecordStore:
    """``rows`` and ``outbox`` are what is stored, ``calls`` counts the calls by name.

    ``fault`` is raised by every call; ``before_commit`` is called between the write of the records and of the outbox.
    """

    rows: dict[Key, Row] = field(default_factory=dict)
    outbox: list[Event] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    fault: Exception | None = None
    before_commit: Callable[[], None] | None = None
    _order: dict[str, list[bytes]] = field(default_factory=dict, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        if self.fault is not None:
            raise self.fault

    def get(self, key: Key) -> Record | None:
        check_key(key)
        with self.lock:
            self._called("get")
            row = self.rows.get(key)
            return None if row is None else _record(key, row)

    def get_many(self, keys: Sequence[Key]) -> list[Record]:
        if len(keys) > 100:
            raise ValueError("get_many takes at most 100 keys.")
        for key in keys:
            check_key(key)
        with self.lock:
            self._called("get_many")
            return [_record(key, self.rows[key]) for key in dict.fromkeys(keys) if key in self.rows]

    def query(
        self, pk: str, *, prefix: str = "", limit: int = 100, cursor: str | None = None, reverse: bool = False
    ) -> Page:
        check_query(limit)
        after = None if cursor is None else decode_cursor(cursor, pk, prefix, reverse=reverse).encode()
        with self.lock:
            self._called("query")
            found = self._matching(pk, prefix.encode(), after, reverse=reverse)
            records: list[Record] = []
            size = 0
            for sk in found:
                key = Key(pk, sk.decode())
                size += record_bytes(key, self.rows[key].text)
                if len(records) == limit or (records and size > MAX_PAGE_BYTES):
                    return Page(tuple(records), encode_cursor(pk, prefix, records[-1].key.sk, reverse=reverse))
                records.append(_record(key, self.rows[key]))
            return Page(tuple(records), None)

    def _matching(self, pk: str, prefix: bytes, after: bytes | None, *, reverse: bool) -> list[bytes]:
        order = self._order.get(pk, [])
        start = bisect_left(order, prefix)
        end = bisect_left(order, prefix + b"\xff")  # no UTF-8 text holds the byte ff
        if after is not None and reverse:
            end = min(end, bisect_left(order, after))
        elif after is not None:
            start = max(start, bisect_right(order, after))
        return order[start:end][::-1] if reverse else order[start:end]

    def transact(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        texts = check_transaction(operations, events)
        with self.lock:
            self._called("transact")
            failed = tuple(n for n, operation in enumerate(operations) if not self._holds(operation))
            if failed:
                raise Conflict(failed=failed)
            before = {operation.key: self.rows.get(operation.key) for operation in operations}
            try:
                for operation, text in zip(operations, texts, strict=True):
                    self._apply(operation, text)
                if self.before_commit is not None:
                    self.before_commit()
            except BaseException:
                for key, row in before.items():
                    self._set(key, row)
                raise
            waiting = {event.id for event in self.outbox}
            self.outbox.extend(event for event in events if event.id not in waiting)

    def _holds(self, operation: Operation) -> bool:
        row = self.rows.get(operation.key)
        if operation.expect == ANY:
            return True
        return row is None if operation.expect == ABSENT else row is not None and row.version == operation.expect

    def _apply(self, operation: Operation, text: str | None) -> None:
        if isinstance(operation, Delete):
            self._set(operation.key, None)
        elif isinstance(operation, Put) and text is not None:
            row = self.rows.get(operation.key)
            self._set(operation.key, Row(row.version + 1 if row else 1, text, operation.purge_after))
        elif not isinstance(operation, Check):
            raise TypeError("An operation is a Put, a Delete or a Check.")

    def _set(self, key: Key, row: Row | None) -> None:
        order = self._order.setdefault(key.pk, [])
        sk = key.sk.encode()
        if row is None and self.rows.pop(key, None) is not None:
            del order[bisect_left(order, sk)]
        elif row is not None:
            if key not in self.rows:
                insort(order, sk)
            self.rows[key] = row

    def fill(self, pk: str, sks: Sequence[str], text: str = "{}") -> None:
        """Many small records of a new partition at once, ``sks`` in order: a crowd for tests of what does not grow."""
        row = Row(1, text, None)
        self.rows |= {Key(pk, sk): row for sk in sks}
        self._order[pk] = [sk.encode() for sk in sks]

    @property
    def batch(self) -> int:
        return MAX_OPERATIONS

    def transact_batch(self, operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
        self.transact(operations, events)

    def purge(self, now: int, limit: int) -> int:
        with self.lock:
            self._called("purge")
            due = [key for key, row in self.rows.items() if row.purge_after is not None and row.purge_after < now]
            for key in due[:limit]:
                self._set(key, None)
            return len(due[:limit])


def _record(key: Key, row: Row) -> Record:
    return Record(key, row.version, parse_body(row.text), row.purge_after)
