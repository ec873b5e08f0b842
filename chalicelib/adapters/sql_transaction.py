"""One guarded transaction: lock, compare, write, record the events.

SQLite takes the one write lock at BEGIN, so what was compared stays true until COMMIT. PostgreSQL locks the rows that exist::

    A: SELECT v=1 FOR UPDATE ---- UPDATE v=2 ---- COMMIT
    B:        SELECT FOR UPDATE ................. sees v=2: Conflict

A row that does not exist can't be locked, so its unique key decides; the loser sees that its insert did nothing and begins anew::

    A: SELECT nothing ---- INSERT ---- COMMIT
    B: SELECT nothing ------- INSERT . waits . does nothing: roll back, again: sees v=1: Conflict

A check for absence holds the place the same way: it inserts an empty record and deletes it before COMMIT.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ARRAY, Connection, Engine, Text, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from chalicelib.adapters.sql_bulk import write_rows
from chalicelib.adapters.sql_engine import writing
from chalicelib.adapters.sql_errors import is_raced
from chalicelib.adapters.sql_schema import records
from chalicelib.domain.errors import Conflict
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import ABSENT, ANY, Check, Delete, Key, Operation, Put

_ATTEMPTS: Final = 8
_columns = records.c
# Each key by the index. ``(pk, sk) IN (VALUES ...)`` makes SQLite read the whole table, and PostgreSQL plan a hundred conditions.
_HELD: Final = {
    "sqlite": text(
        "SELECT r.pk, r.sk, r.version FROM json_each(:keys) AS k CROSS JOIN records AS r "
        "ON r.pk = json_extract(k.value, '$[0]') AND r.sk = json_extract(k.value, '$[1]')"
    ),
    "postgresql": text(
        "SELECT r.pk, r.sk, r.version FROM records AS r JOIN unnest(:pks, :sks) AS k (pk, sk) ON r.pk = k.pk AND r.sk = k.sk "
        "ORDER BY r.pk, r.sk FOR UPDATE OF r"  # everybody locks in one order
    ).bindparams(bindparam("pks", type_=ARRAY(Text)), bindparam("sks", type_=ARRAY(Text))),
}
_HELD_ONE: Final = (
    select(_columns.pk, _columns.sk, _columns.version)
    .where(_columns.pk == bindparam("key_pk"), _columns.sk == bindparam("key_sk"))
    .with_for_update()
)


class _RacedError(Exception):
    """Somebody inserted a key between our look and our insert."""


@dataclass
class _Plan:
    """What to send, once the expectations hold."""

    inserts: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    deletes: list[dict[str, Any]] = field(default_factory=list)


def transact(
    engine: Engine, operations: Sequence[Operation], texts: Sequence[str | None], events: Sequence[Event]
) -> None:
    """All or nothing. ``texts`` are the bodies of the Puts. Raises Conflict, StoreFull, StoreAway."""
    rows = [{"event_id": event.id, "event": event_to_json(event)} for event in events]
    for _ in range(_ATTEMPTS):
        try:
            with writing(engine) as connection:
                held = _held(connection, [operation.key for operation in operations])
                _compare(operations, held)
                _write(connection, _planned(operations, texts, held))
                write_rows(connection, "event", rows)
            return
        except _RacedError:
            continue
        except DBAPIError as error:
            if not is_raced(error):
                raise
    raise Conflict("Too many others write the same records at this moment.")


def _held(connection: Connection, keys: list[Key]) -> dict[Key, int]:
    """The versions of those that exist, locked until the end."""
    if len(keys) == 1:
        found = connection.execute(_HELD_ONE, {"key_pk": keys[0].pk, "key_sk": keys[0].sk})
    else:
        found = connection.execute(_HELD[connection.dialect.name], _named(connection, keys))
    return {Key(pk, sk): version for pk, sk, version in found}


def _named(connection: Connection, keys: list[Key]) -> dict[str, Any]:
    if connection.dialect.name == "sqlite":
        return {"keys": json.dumps(keys)}
    return {"pks": [key.pk for key in keys], "sks": [key.sk for key in keys]}


def _compare(operations: Sequence[Operation], held: dict[Key, int]) -> None:
    failed = tuple(
        position
        for position, operation in enumerate(operations)
        if operation.expect != ANY
        and held.get(operation.key) != (None if operation.expect == ABSENT else operation.expect)
    )
    if failed:
        raise Conflict(failed=failed)


def _planned(operations: Sequence[Operation], texts: Sequence[str | None], held: dict[Key, int]) -> _Plan:
    plan = _Plan()
    for operation, body in zip(operations, texts, strict=True):
        place = {"key_pk": operation.key.pk, "key_sk": operation.key.sk}
        version = held.get(operation.key)
        if isinstance(operation, Put) and version is None:
            plan.inserts.append(_new(operation.key, body, operation.purge_after))
        elif isinstance(operation, Put) and version is not None:
            plan.updates.append(place | {"version": version + 1, "body": body, "purge_after": operation.purge_after})
        elif operation.expect == ABSENT:
            plan.inserts.append(_new(operation.key, "{}", None))
            plan.deletes.append(place)
        elif isinstance(operation, Delete):
            plan.deletes.append(place)
        elif not isinstance(operation, Check):
            raise TypeError("An operation is a Put, a Delete or a Check.")
    return plan


def _new(key: Key, body: str | None, purge_after: int | None) -> dict[str, Any]:
    return {"key_pk": key.pk, "key_sk": key.sk, "version": 1, "body": body, "purge_after": purge_after}


def _write(connection: Connection, plan: _Plan) -> None:
    plan.inserts.sort(key=lambda row: (row["key_pk"], row["key_sk"]))
    if write_rows(connection, "insert", plan.inserts) != len(plan.inserts):
        raise _RacedError
    write_rows(connection, "update", plan.updates)
    write_rows(connection, "delete", plan.deletes)
