"""One-time codes for guests: how many, how long, how many tries. Times in milliseconds.

8 digits, 10 minutes, 5 tries, 10 a day for one address of a link and 200 a day for a link open to many; the last two are valid, because
mail may overtake mail. A code is bound to its challenge, and the challenge's secret is known to the browser alone that asked for it.
"""

from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

LIFE_MS = 10 * 60_000
TRIES = 5
A_DAY = 10
A_DAY_AND_LINK = 200
VALID = 2
# One record holds them all, and DynamoDB takes 400 KB of it; a day adds 200 at most.
MOST_ROWS = 1_000
DAY_MS = 24 * 60 * 60_000


@dataclass(frozen=True)
class Challenge:
    """``address_hash`` finds its row of the book; ``tries`` counts those begun; ``secret_hash`` is SHA-256 of what the asker alone holds."""

    id: str
    tenant: TenantId
    link: str
    recipient: str
    address: str
    address_hash: str
    secret_hash: str
    code_hash: str
    expires_at: int
    tries: int = 0
    version: int = 0


@dataclass(frozen=True)
class Row:
    """One address of a link: how many codes today, and the newest challenges, the last two of which are valid."""

    count: int
    recent: tuple[str, ...]
    recipient: str


@dataclass(frozen=True)
class Book:
    """What was asked for through one link. ``day`` counts days since the epoch."""

    day: int = 0
    total: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    version: int = 0


def entered(book: Book, *, address_hash: str, challenge: str, recipient: str, now: int) -> Book:
    """The book with one more challenge. Raises Refused("too_many_challenges") with the time until midnight (UTC).

    ``recipient`` is kept only for an address that is new to the link: a person stays the same person. Only where more than 1,000 addresses were
    asked for through one link, those not asked for today are forgotten, so that nobody closes a link by asking for ever new ones.
    """
    day = now // DAY_MS
    rows = dict(book.rows)
    total = book.total
    if day != book.day:
        rows = {name: replace(row, count=0) for name, row in rows.items()}
        total = 0
    row = rows.get(address_hash, Row(0, (), recipient))
    if row.count >= A_DAY or total >= A_DAY_AND_LINK:
        left = ((day + 1) * DAY_MS - now + 999) // 1000
        raise Refused(
            "too_many_challenges", "This link was sent as many codes as it may get in a day.", retry_after=left
        )
    if address_hash not in rows and len(rows) >= MOST_ROWS:
        rows = {name: one for name, one in rows.items() if one.count}
    rows[address_hash] = Row(row.count + 1, (*row.recent, challenge)[-VALID:], row.recipient)
    return Book(day, total + 1, rows, book.version)


def require_valid(challenge: Challenge, book: Book, now: int) -> None:
    """Raises Refused("code_spent") for one that is too old, was overtaken by two newer ones, or has no try left."""
    row = book.rows.get(challenge.address_hash)
    if row is None or challenge.id not in row.recent or now >= challenge.expires_at or challenge.tries >= TRIES:
        raise code_spent()


def tried(challenge: Challenge) -> Challenge:
    """The challenge with one more try begun; written before anything is compared."""
    return replace(challenge, tries=challenge.tries + 1)


def code_spent() -> Refused:
    """The refusal for a challenge that can't be answered any more."""
    return Refused("code_spent", "This code can't be used any more; ask for a new one.")


def code_wrong(challenge: Challenge) -> Refused:
    """The refusal of a wrong code, told after the try was counted: with the tries left, or spent."""
    left = TRIES - challenge.tries
    if left <= 0:
        return code_spent()
    return Refused("code_wrong", f"This is not the code; tries left: {left}.")
