"""Errors of SQLAlchemy and its drivers become ours once, here; every other error passes up unchanged.

Codes: https://sqlite.org/rescode.html and https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chalicelib.domain.errors import StoreAway, StoreFull

_SQLITE_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
_SQLITE_AWAY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)
_POSTGRESQL_FULL: Final = ("53100",)
# 08 connection, 53300 too many connections, 55P03 lock timeout, 57014 statement timeout, 57P0x shutting down or starting up
_POSTGRESQL_AWAY: Final = ("08", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05")
# 40001 serialization failure, 40P01 deadlock: whoever lost may simply begin again
_POSTGRESQL_RACED: Final = ("40001", "40P01")


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreFull or StoreAway, chained, for what the database says in such words."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreAway("The database has no free connection.") from error
    except DBAPIError as error:
        if _is_full(error):
            raise StoreFull from error
        if _is_away(error):
            raise StoreAway from error
        raise


def is_raced(error: DBAPIError) -> bool:
    """Whether the transaction lost against another one and may be repeated."""
    return (_sqlstate(error) or "").startswith(_POSTGRESQL_RACED)


def is_busy(error: DBAPIError) -> bool:
    """Whether another connection holds SQLite's write lock."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _sqlstate(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _is_full(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return code in _SQLITE_FULL
    return (_sqlstate(error) or "").startswith(_POSTGRESQL_FULL)


def _is_away(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_AWAY
    state = _sqlstate(error)
    if state is None:  # no answer at all: refused, cut, timed out
        return error.connection_invalidated or type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")
    return state.startswith(_POSTGRESQL_AWAY)
