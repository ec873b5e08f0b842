"""Guarded writes: read, decide, write against the version that was read, and begin again where another writer was first."""

from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.errors import Conflict

T = TypeVar("T")
TRIES = 8


def until_written(attempt: Callable[[], T], *, tries: int = TRIES) -> T:
    """Run ``attempt`` until it meets no other writer, ``tries`` times at most; it must read everything anew each time. Raises Conflict."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except Conflict:
            continue
    return attempt()
