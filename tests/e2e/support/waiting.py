"""Waiting with a deadline: the only way in which these tests wait."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60.0
T = TypeVar("T")


def wait_for(ask: Callable[[], T | None], what: str, *, seconds: float = PATIENCE, pause: float = 0.05) -> T:
    """What ``ask`` gives once it is true. Raises AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(pause)


def wait_until(moment: float) -> None:
    """Until a moment of the wall clock (seconds since the epoch), to a few milliseconds."""
    while (left := moment - time.time()) > 0:
        time.sleep(min(left, 1.0))
