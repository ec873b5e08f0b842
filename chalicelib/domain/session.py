"""Sessions: what keeps somebody signed in, and when it ends. Times in milliseconds.

A session ends by revocation, by lying idle, or by its own end, whichever is first. Refresh tokens rotate: each has a generation,
and only the newest is good, but for the one before it within ``GRACE_MS`` (two tabs, a lost answer), which gets the same successor.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ACCESS_SECONDS = 15 * 60
GRACE_MS = 30_000
GUEST_IDLE_MS = HOUR
GUEST_LIFE_MS = 7 * DAY
SCOPES = ("transfers:read", "transfers:write", "requests:write", "audit:read", "admin")
GUEST_SCOPES = ("transfers:read", "transfers:write")


class Client(StrEnum):
    """Where a session lives: the page keeps its refresh token in a cookie, the others in their own hands."""

    PAGE = "page"
    CLI = "cli"
    GUEST = "guest"
    SERVICE = "service"


# Idle time and whole life by client. A page on a shared PC must end the same day; a CLI on a server must live through holidays.
LIVES = {
    Client.PAGE: (12 * HOUR, 7 * DAY),
    Client.CLI: (30 * DAY, 90 * DAY),
    Client.GUEST: (GUEST_IDLE_MS, GUEST_LIFE_MS),
    Client.SERVICE: (HOUR, HOUR),
}


@dataclass(frozen=True)
class Session:
    """``owner``: mb_, sa_ or rc_ id. ``generation`` is that of the newest refresh token, ``rotated_at`` when it was made.

    ``link_hash`` finds the link of a guest session, ``address`` is what the guest proved (None for link-only proof).
    """

    id: str
    tenant: TenantId
    kind: Literal["member", "guest", "service"]
    owner: str
    client: Client
    created_at: int
    last_used_at: int
    expires_at: int
    scopes: tuple[str, ...] = ("*",)
    device_name: str = ""
    generation: int = 0
    rotated_at: int = 0
    revoked_at: int | None = None
    link: str | None = None
    link_hash: str | None = None
    link_subject: str | None = None
    address: str | None = None
    version: int = 0

    @property
    def idle_until(self) -> int:
        """When it ends unless it is used before."""
        return min(self.last_used_at + LIVES[self.client][0], self.expires_at)


def life_end(client: Client, now: int) -> int:
    """The latest end of a session begun now. A guest's is not cut to its link's end: after that every route answers 410, not 401."""
    return now + LIVES[client][1]


def require_live(session: Session, now: int) -> None:
    """Raises Refused("token_invalid") for a session that was revoked, lay idle or has come to its end."""
    if session.revoked_at is not None or now >= session.idle_until:
        raise Refused("token_invalid", "This session has ended.")


class Turn(StrEnum):
    """What a presented refresh token leads to."""

    ROTATE = "rotate"
    REPEAT = "repeat"


def turn_of(session: Session, generation: int, now: int) -> Turn:
    """ROTATE for the newest token, REPEAT for the one before it within the grace time.

    Raises Refused("token_reused") for any older use: somebody else holds a copy, and the whole family must end.
    """
    if generation == session.generation:
        return Turn.ROTATE
    if generation == session.generation - 1 and now - session.rotated_at < GRACE_MS:
        return Turn.REPEAT
    raise Refused("token_reused", "This refresh token was used before.")


def rotated(session: Session, now: int) -> Session:
    """The session with its next generation, used now."""
    return replace(
        session, generation=session.generation + 1, rotated_at=now, last_used_at=max(now, session.last_used_at)
    )


def revoked(session: Session, now: int) -> Session:
    """The session, ended; ending twice keeps the first moment."""
    return session if session.revoked_at is not None else replace(session, revoked_at=now)
