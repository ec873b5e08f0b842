"""Guessing is slowed down, never locked out for good: after some free failures each further one doubles a wait. Times in milliseconds.

A lock for good would let anybody lock anybody out. The wait ends by itself after 15 minutes at most, and failures are forgotten a
day after the last one. Failures are counted before anything is compared, so that a thousand guesses at once are a thousand failures.
"""

from dataclasses import dataclass

from chalicelib.domain.errors import Refused

FIRST_WAIT_MS = 5_000
LONGEST_WAIT_MS = 15 * 60_000
FORGET_MS = 24 * 60 * 60_000
FREE_OF_ACCOUNT = 5
FREE_OF_PASSPHRASE = 5
# An office of many people shares one address.
FREE_OF_NETWORK = 50


@dataclass(frozen=True)
class Attempts:
    """Failures so far, those under way counted, and when the last began."""

    failures: int = 0
    last_at: int = 0
    version: int = 0


def wait_ms(failures: int, free: int) -> int:
    """How long nobody may try after so many failures: 0, then 5 s, 10 s, 20 s ... 15 minutes."""
    if failures < free:
        return 0
    return min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(failures - free, 20))


def begun(attempts: Attempts, *, free: int, now: int) -> Attempts:
    """The counter with one more. Raises Refused("too_many_attempts") with ``retry_after`` while the wait lasts."""
    failures = 0 if now - attempts.last_at >= FORGET_MS else attempts.failures
    until = attempts.last_at + wait_ms(failures, free)
    if now < until:
        raise Refused("too_many_attempts", "Too many tries went wrong.", retry_after=(until - now + 999) // 1000)
    return Attempts(failures + 1, now, attempts.version)
