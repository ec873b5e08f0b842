"""Whom one member sent to: a bounded book of addresses, and which of them to suggest. Times in milliseconds.

The book lies in four parts by address. Each holds 500 of them at most, and those that were used longest ago make room for new ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.domain.recipients import address_hash, same_address_key
from chalicelib.domain.tenant import DAY
from chalicelib.domain.words import folded

PARTS: Final = 4
ADDRESSES_A_PART: Final = 500
_MOST_USES: Final = 60


@dataclass(frozen=True)
class BookEntry:
    """One address as it was written last. ``transfer`` is the last one that counted, so that an event that comes twice counts once."""

    email: str
    name: str
    last_used_at: int
    uses: int
    transfer: str


def part_of(email: str) -> int:
    """The part of the book that an address stands in."""
    return int(address_hash(email)[:2], 16) % PARTS


def noted(
    part: Sequence[BookEntry], people: Iterable[tuple[str, str]], *, transfer: str, at: int
) -> tuple[BookEntry, ...]:
    """The part after a transfer to these people (address, name), newest first; equal to what was there where all of it counted before."""
    book = {same_address_key(one.email): one for one in part}
    for email, name in people:
        key = same_address_key(email)
        former = book.get(key)
        if former is None:
            book[key] = BookEntry(email, name, at, 1, transfer)
        elif former.transfer != transfer and at >= former.last_used_at:
            uses = min(former.uses + 1, _MOST_USES)
            book[key] = replace(
                former, email=email, name=name or former.name, last_used_at=at, uses=uses, transfer=transfer
            )
    ordered = sorted(book.values(), key=lambda one: (-one.last_used_at, one.email))
    return tuple(ordered[:ADDRESSES_A_PART])


def without(part: Sequence[BookEntry], email: str) -> tuple[BookEntry, ...]:
    """The part without an address; the same where it was not there."""
    return tuple(one for one in part if same_address_key(one.email) != same_address_key(email))


def suggested(book: Iterable[BookEntry], prefix: str, *, limit: int) -> list[BookEntry]:
    """Those whose address, domain or a word of whose name begins so. Each further use counts as much as a day, up to 60 of them."""
    wanted = folded(prefix).strip()
    fitting = [one for one in book if not wanted or _begins(one, wanted)]
    return sorted(fitting, key=lambda one: (-one.last_used_at - one.uses * DAY, one.email))[:limit]


def _begins(entry: BookEntry, wanted: str) -> bool:
    email, name = folded(entry.email), folded(entry.name)
    places = (email, email.partition("@")[2], name, *name.split())
    return any(place.startswith(wanted) for place in places)
