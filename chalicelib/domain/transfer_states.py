"""The states of a transfer, why it is closed, and the moves that the machine allows.

``uploading -> checking -> [blocked | quarantined | awaiting_approval] -> held -> ready -> closed -> destroying -> destroyed``.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a transfer stands."""

    UPLOADING = "uploading"
    CHECKING = "checking"
    BLOCKED = "blocked"
    QUARANTINED = "quarantined"
    AWAITING_APPROVAL = "awaiting_approval"
    HELD = "held"
    READY = "ready"
    CLOSED = "closed"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


class Reason(StrEnum):
    """Why it was closed."""

    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    REVOKED = "revoked"
    REJECTED = "rejected"
    INFECTED = "infected"
    ABANDONED = "abandoned"


class TransferClass(StrEnum):
    """Who holds the file key: the server (managed), only the people (sealed), nobody (plain)."""

    MANAGED = "managed"
    SEALED = "sealed"
    PLAIN = "plain"


class Scan(StrEnum):
    """What the malware gate said; ``not_scanned`` is never shown as clean."""

    PENDING = "pending"
    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"
    UNSCANNABLE = "unscannable"
    INFECTED = "infected"


_BEFORE_READY = (State.CHECKING, State.BLOCKED, State.QUARANTINED, State.AWAITING_APPROVAL, State.HELD)

MOVES: dict[State, frozenset[State]] = {
    State.UPLOADING: frozenset({State.CHECKING, State.CLOSED}),
    State.CHECKING: frozenset({State.BLOCKED, State.QUARANTINED, State.AWAITING_APPROVAL, State.HELD, State.CLOSED}),
    State.BLOCKED: frozenset({State.CLOSED}),
    State.QUARANTINED: frozenset({State.AWAITING_APPROVAL, State.HELD, State.CLOSED}),
    State.AWAITING_APPROVAL: frozenset({State.HELD, State.CLOSED}),
    State.HELD: frozenset({State.READY, State.CLOSED}),
    State.READY: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.DESTROYING}),
    State.DESTROYING: frozenset({State.DESTROYED}),
    State.DESTROYED: frozenset(),
}

REASONS: dict[State, frozenset[Reason]] = {
    State.UPLOADING: frozenset({Reason.ABANDONED, Reason.REVOKED, Reason.EXPIRED}),
    **{s: frozenset({Reason.REVOKED, Reason.REJECTED, Reason.INFECTED, Reason.EXPIRED}) for s in _BEFORE_READY},
    State.READY: frozenset({Reason.EXPIRED, Reason.EXHAUSTED, Reason.REVOKED, Reason.INFECTED}),
}

CUTS_SESSIONS = frozenset({Reason.EXPIRED, Reason.REVOKED, Reason.REJECTED, Reason.INFECTED})
