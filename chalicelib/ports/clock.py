"""The clock.

Contract: ``now_ms`` gives UTC milliseconds since the epoch. It never gives less than it gave before in the same install (a
high-water mark is kept in the store and refreshed at least once a minute), so a clock stepped back can't reopen what expired.
It may stand still; it promises no accuracy beyond the host's own time service.
"""

from typing import Protocol


class Clock(Protocol):
    """Read the time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z, never decreasing."""
        ...
