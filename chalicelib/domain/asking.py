"""How often a stranger's wish becomes a mail to a sender: once an hour for an address, ten times a day for a link."""

from dataclasses import dataclass, field

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MOST_A_DAY = 10


@dataclass(frozen=True)
class Asked:
    """SHA-256 of an address -> when it last asked, of the past day."""

    recent: dict[str, int] = field(default_factory=dict)


def asked_for(before: Asked, hashed: str, now: int) -> Asked | None:
    """The book with this wish in it; None where it is too soon or too many asked today."""
    recent = {one: at for one, at in before.recent.items() if now - at < DAY_MS}
    last = recent.get(hashed)
    if last is not None and now - last < HOUR_MS:
        return None
    if hashed not in recent and len(recent) >= MOST_A_DAY:
        return None
    return Asked({**recent, hashed: now})
