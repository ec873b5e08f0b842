"""When people are reminded that a transfer ends."""

from typing import Final

HOUR: Final = 60 * 60_000
SHORTEST_LIFE: Final = 2 * HOUR
USUAL_LIFE: Final = 48 * HOUR
NOTICE: Final = 24 * HOUR


def reminder_at(ready_at: int, expires_at: int) -> int | None:
    """24 hours before the end; the middle of a life under 48 hours; no reminder (None) under 2 hours."""
    life = expires_at - ready_at
    if life < SHORTEST_LIFE:
        return None
    return expires_at - NOTICE if life >= USUAL_LIFE else ready_at + life // 2
