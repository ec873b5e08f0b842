"""What a request to send may ask for: times, counts, texts. Times in milliseconds."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY, MINUTE, Tenant

LEAST_LIFE = 5 * MINUTE
MAX_HOLD_MINUTES = 60
MAX_DOWNLOADS = 1_000_000
TITLE_CHARACTERS = 200
MESSAGE_CHARACTERS = 4_000
SLOTS = 8
SLOTS_BYTES = 8_192
# Embeddings, overrides and isolates. The marks (U+200E, U+200F, U+061C) turn nothing but themselves and stand in texts of many people.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def expiry_of(tenant: Tenant, now: int, *, at: int | None, in_minutes: int | None) -> int:
    """The moment asked for, or the tenant's default. Raises Refused as ``checked_expiry`` does, and "expiry_twice"."""
    if at is not None and in_minutes is not None:
        raise Refused("expiry_twice", "Give the expiry as a time or as minutes, not both.")
    if in_minutes is not None:
        at = now + in_minutes * MINUTE
    return checked_expiry(tenant, now, now + tenant.default_expiry_days * DAY if at is None else at)


def checked_expiry(tenant: Tenant, now: int, at: int) -> int:
    """``at`` where it lies 5 minutes or more ahead and within the tenant's limit of days from now.

    Raises Refused("expiry_past"), Refused("expiry_too_far").
    """
    if at < now + LEAST_LIFE:
        raise Refused("expiry_past", "The expiry lies at least 5 minutes ahead.")
    if at > now + tenant.max_expiry_days * DAY:
        raise Refused("expiry_too_far", f"The expiry lies at most {tenant.max_expiry_days} days ahead.")
    return at


def checked_send_at(now: int, send_at: int, expires_at: int) -> int:
    """A set time of sending, in the future and 5 minutes or more before the expiry. Raises Refused("send_at_wrong")."""
    if send_at <= now:
        raise Refused("send_at_wrong", "The time to send lies in the past.")
    if send_at + LEAST_LIFE > expires_at:
        raise Refused("send_at_wrong", "The time to send lies at least 5 minutes before the expiry.")
    return send_at


def checked_hold(minutes: int) -> int:
    """0 to 60 minutes in which the sender can still stop it. Raises Refused("hold_wrong")."""
    if not 0 <= minutes <= MAX_HOLD_MINUTES:
        raise Refused("hold_wrong", f"The hold is 0 to {MAX_HOLD_MINUTES} minutes.")
    return minutes


def checked_downloads(count: int) -> int:
    """How often each recipient may fetch each file. Raises Refused("max_downloads_wrong")."""
    if not 1 <= count <= MAX_DOWNLOADS:
        raise Refused("max_downloads_wrong", f"The number of downloads is 1 to {MAX_DOWNLOADS}.")
    return count


def checked_text(text: str, characters: int, *, lines: bool) -> str:
    """A title or name (``lines`` False) or message: no control characters, no text too long. Raises Refused("text_wrong").

    What stands in one line with other words, as in a mail's subject, also has no character that turns the direction of what follows (UAX 9).
    """
    allowed = "\n\t" if lines else ""
    text = text.replace("\r\n", "\n")
    if len(text) > characters:
        raise Refused("text_wrong", f"The text has at most {characters} characters.")
    if any(
        (one < " " and one not in allowed) or "\x7f" <= one <= "\x9f" or "\ud800" <= one <= "\udfff" for one in text
    ):
        raise Refused("text_wrong", "The text has a control character in it.")
    if not lines and not _TURNING.isdisjoint(text):
        raise Refused("text_wrong", "The text has a character in it that changes the direction of text.")
    return text


def require_version(asked: int, version: int) -> None:
    """Raises Refused("version_changed") where somebody changed the resource since it was read."""
    if asked != version:
        raise Refused("version_changed", "This was changed since you read it.")
