"""Each known error becomes ours, chained; every other passes up."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, NoSuchTableError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chalicelib.adapters.sql_errors import is_raced, translated
from chalicelib.domain.errors import StoreAway, StoreFull


def from_sqlite(name: str) -> DBAPIError:
    orig = sqlite3.OperationalError(name)
    orig.sqlite_errorcode = getattr(sqlite3, name)
    return DBAPIError("SELECT 1", {}, orig)


def from_postgresql(state: str | None) -> DBAPIError:
    orig = psycopg.OperationalError("gone") if state is None else psycopg.errors.lookup(state)("words")
    return DBAPIError("SELECT 1", {}, orig)


@pytest.mark.parametrize(
    "error", [from_sqlite("SQLITE_FULL"), from_sqlite("SQLITE_IOERR_SHMSIZE"), from_postgresql("53100")]
)
def test_a_full_store(error: DBAPIError) -> None:
    with pytest.raises(StoreFull) as caught, translated():
        raise error
    assert caught.value.__cause__ is error


AWAY = [
    *[from_sqlite(f"SQLITE_{name}") for name in ("BUSY", "BUSY_SNAPSHOT", "LOCKED", "CANTOPEN", "IOERR", "IOERR_READ")],
    *[from_postgresql(state) for state in (None, "08006", "53300", "55P03", "57014", "57P01", "57P02", "57P03")],
    PoolTimeout(),
]


@pytest.mark.parametrize("error", AWAY, ids=str)
def test_a_store_that_does_not_answer(error: Exception) -> None:
    with pytest.raises(StoreAway) as caught, translated():
        raise error
    assert caught.value.__cause__ is error


OTHER = [
    *[from_sqlite(f"SQLITE_{name}") for name in ("ERROR", "CORRUPT", "READONLY", "CONSTRAINT", "TOOBIG", "NOTADB")],
    *[from_postgresql(state) for state in ("42P01", "23505", "22021", "53200", "XX001")],
    NoSuchTableError("records"),
    ValueError("ours"),
]


@pytest.mark.parametrize("error", OTHER, ids=str)
def test_every_other_error_passes_up(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated():
        raise error
    assert caught.value is error


def test_a_lost_race_may_be_repeated() -> None:
    assert [is_raced(from_postgresql(state)) for state in ("40001", "40P01", "23505", None)] == [
        True,
        True,
        False,
        False,
    ]
