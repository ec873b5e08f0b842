"""Ids that are the same in every run: valid UUIDv7 bodies that increase, and bytes of a seeded generator."""

import random
import threading

from tests.fakes.clock import NEW_YEAR

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class FakeIds:
    """``made`` counts the ids given so far. Two instances of one seed give the same ids."""

    def __init__(self, seed: int = 1) -> None:
        self.made = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def new(self, prefix: str) -> str:
        with self._lock:
            self.made += 1
            tail = self._random.getrandbits(62)
            number = ((NEW_YEAR + self.made) << 80) | (0x7 << 76) | (0b10 << 62) | tail
        return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))

    def random(self, size: int) -> bytes:
        with self._lock:
            return self._random.randbytes(size)
