"""What a password must be: long, and none that guessers try first (NIST SP 800-63B 5.1.1.2: length and a list, no character classes)."""

import re
from itertools import pairwise

from chalicelib.domain.common_passwords import COMMON_PASSWORDS
from chalicelib.domain.errors import refuse_field

MIN_LENGTH = 12
MAX_LENGTH = 1_024
MIN_DIFFERENT = 5
_LEET = str.maketrans("@4031!5$7", "aaoeiisst")
_EDGES = re.compile(r"^[^a-z]+|[^a-z]+$")


def check_password(password: str, *, pointer: str, personal: tuple[str, ...] = ()) -> None:
    """Raises Refused("password_short"), "password_long" or "password_common" naming ``pointer``.

    ``personal`` are words of the account (address, name, company) that must not make up the password. Common counts also with digits
    and signs at its ends, with 0 for o and the like, and when it is a common one said twice.
    """
    if len(password) < MIN_LENGTH:
        raise refuse_field("password_short", pointer, f"A password has at least {MIN_LENGTH} characters.")
    if len(password) > MAX_LENGTH:
        raise refuse_field("password_long", pointer, f"A password has at most {MAX_LENGTH} characters.")
    words = {word for text in personal for word in re.split(r"[^a-z0-9]+", text.lower()) if len(word) >= 4}
    if len(set(password)) < MIN_DIFFERENT or _runs(password) or any(_guessed(core, words) for core in _cores(password)):
        raise refuse_field("password_common", pointer, "This password is among the first that are guessed.")


def _cores(password: str) -> set[str]:
    """The password as guessers see it: in lower case, leet read as letters, without digits and signs around it, and the part it repeats.

    What stands around counts for nothing only where the core is a third of the whole or more: twelve random digits are no decoration.
    """
    lower = password.lower()
    spoken = {lower, _EDGES.sub("", lower)}
    found: set[str] = set()
    for text in spoken | {text.translate(_LEET) for text in spoken}:
        core = _EDGES.sub("", text)
        for heard in (text, core):
            unit = _unit(heard)
            if 3 * len(heard) >= len(password):
                found |= {heard, unit}
            if len(unit) < len(heard):
                found |= {unit, _EDGES.sub("", unit)}
    return found


def _unit(text: str) -> str:
    """The shortest text that makes ``text`` when said over and over: ``abcabc`` -> ``abc``."""
    place = (text + text).find(text, 1)
    return text[:place] if 0 < place < len(text) else text


def _guessed(core: str, words: set[str]) -> bool:
    return core in COMMON_PASSWORDS or core in words


def _runs(password: str) -> bool:
    """Whether it is one run of neighbours: 123456789012, abcdefghijkl, or backwards."""
    steps = {(ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(password)}
    return steps <= {1} or steps <= {-1, 9}
