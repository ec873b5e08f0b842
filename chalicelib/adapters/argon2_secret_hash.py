"""Argon2id (RFC 9106) in PHC strings: ``$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>``.

The default parameters are OWASP's (19 MiB, two passes, one lane:
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html). ``pepper`` is Argon2's secret value K: kept
outside the database, it makes a stolen table of one-time codes worthless, of which there are only 10^8.
"""

import os
import re
from collections.abc import Callable

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SALT = 16
LENGTH = 32

_PHC = re.compile(
    r"\$argon2id\$v=19\$m=(?P<m>[1-9][0-9]{0,6}),t=(?P<t>[1-9][0-9]?),p=(?P<p>[1-9][0-9]?)"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}\Z",
    re.ASCII,
)


class Argon2SecretHash:
    """``memory`` in KiB, ``passes``, ``lanes``; ``random`` gives salts."""

    def __init__(
        self,
        *,
        memory: int = 19_456,
        passes: int = 2,
        lanes: int = 1,
        pepper: bytes | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._wanted = (memory, passes, lanes)
        self._pepper = pepper
        self._random = random

    def hash(self, secret: str) -> str:
        memory, passes, lanes = self._wanted
        return Argon2id(
            salt=self._random(SALT),
            length=LENGTH,
            iterations=passes,
            lanes=lanes,
            memory_cost=memory,
            secret=self._pepper,
        ).derive_phc_encoded(_bytes(secret))

    def verify(self, secret: str, stored: str) -> bool:
        _parameters(stored)
        try:
            Argon2id.verify_phc_encoded(_bytes(secret), stored, secret=self._pepper)
        except InvalidKey:
            return False
        return True

    def stale(self, stored: str) -> bool:
        return any(had < wanted for had, wanted in zip(_parameters(stored), self._wanted, strict=True))


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _parameters(stored: str) -> tuple[int, int, int]:
    """Memory, passes and lanes; raises ValueError and never shows the string."""
    match = _PHC.match(stored)
    if match is None:
        raise ValueError("This is not an Argon2id string.")
    return int(match["m"]), int(match["t"]), int(match["p"])
