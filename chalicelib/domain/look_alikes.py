"""Mail domains that look like one that is known: one letter off, letters that look like others, another ending.

Two names at a Damerau-Levenshtein distance of 1 (one letter more, less, other, or two neighbours swapped; the restricted distance of Damerau 1964)
become equal by leaving out at most one letter of each. So a known name is stored under itself and under each of these shorter forms, and
a new one is looked up under its own: no list of known names is ever read (the deletion neighbourhood of Mor and Fraenkel, 1982).
A skeleton (UTS 39) is a name in which every letter stands for all that look like it.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.domain.confusables import LOOKS_LIKE
from chalicelib.domain.mail_domains import registrable, shown

Reason = Literal["punycode", "confusable", "one_letter", "tld"]
_ORDER: Final[tuple[Reason, ...]] = ("punycode", "confusable", "one_letter", "tld")
# Shorter names are one letter off each other by their nature.
SHORTEST: Final = 4
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"))


@dataclass(frozen=True)
class LookAlike:
    """``domain`` is the known one."""

    domain: str
    reason: Reason


def skeleton(label: str) -> str:
    """The label with look-alikes made one: accents gone, letters of other scripts as Latin ones, rn as m, vv as w, 0 as o, 1 as l."""
    plain = "".join(one for one in unicodedata.normalize("NFD", label.casefold()) if not unicodedata.combining(one))
    latin = plain.translate(LOOKS_LIKE)
    for pair, one in _PAIRS:
        latin = latin.replace(pair, one)
    return latin


def forms(domain: str) -> list[str]:
    """The forms under which a known domain is stored and a new one is looked up: at most 66, each at most 70 characters."""
    label = registrable(domain).label[:63]
    found = {f"n/{label}": None, f"s/{skeleton(label)}": None}
    if len(label) >= SHORTEST:
        found |= {f"n/{label[:n]}{label[n + 1 :]}": None for n in range(len(label))}
    return list(found)


def resemblance(domain: str, known: str) -> Reason | None:
    """Why a domain may be taken for a known one; None where it is the same, a part of the same name, or nothing like it."""
    new, old = registrable(domain), registrable(known)
    if new == old:
        return None
    if new.label == old.label:
        return "tld"
    if skeleton(new.label) == skeleton(old.label):
        return "confusable" if new.label.isascii() else "punycode"
    near = new.suffix == old.suffix and min(len(new.label), len(old.label)) >= SHORTEST
    return "one_letter" if near and one_apart(new.label, old.label) else None


def look_alike(domain: str, known: Iterable[str]) -> LookAlike | None:
    """The known domain that it resembles most; of several, the first in the alphabet."""
    found = [LookAlike(one, reason) for one in sorted(known) if (reason := resemblance(domain, one)) is not None]
    return min(found, key=lambda one: _ORDER.index(one.reason), default=None)


def one_apart(one: str, other: str) -> bool:
    """Whether one insertion, deletion, substitution, or swap of neighbours makes one text of the other. Equal texts are not apart."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others = one[start:], other[start:]
    if len(rest) != len(others):
        return rest[1:] == others or rest == others[1:]
    return rest[1:] == others[1:] or (rest[:2] == others[1::-1] and rest[2:] == others[2:])


def as_shown(domain: str) -> str | None:
    """The domain in its own letters, where these are not those of the wire."""
    letters = shown(domain)
    return None if letters == domain else letters
