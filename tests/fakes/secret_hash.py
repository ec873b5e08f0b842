"""A secret hash that is quick: salted SHA-256 in a PHC-like string. Never for anything but tests.

``strength`` stands for today's parameters: a string made with a smaller one is stale.
"""

import hashlib
import hmac
from itertools import count


class FakeSecretHash:
    """Implements ``SecretHash``; ``hashed`` counts the calls."""

    def __init__(self, strength: int = 1) -> None:
        self.strength = strength
        self.hashed = 0
        self._salts = count(1)

    def hash(self, secret: str) -> str:
        self.hashed += 1
        salt = f"{next(self._salts):08x}"
        return f"$fake$s={self.strength}${salt}${self._digest(secret, salt)}"

    def verify(self, secret: str, stored: str) -> bool:
        _, salt, digest = self._read(stored)
        return hmac.compare_digest(digest, self._digest(secret, salt))

    def stale(self, stored: str) -> bool:
        return self._read(stored)[0] < self.strength

    def _digest(self, secret: str, salt: str) -> str:
        return hashlib.sha256(f"{salt}:{secret}".encode()).hexdigest()

    def _read(self, stored: str) -> tuple[int, str, str]:
        match stored.split("$"):
            case ["", "fake", strength, salt, digest] if strength.startswith("s=") and strength[2:].isdecimal():
                return int(strength[2:]), salt, digest
        raise ValueError("This is not a string of FakeSecretHash.")
