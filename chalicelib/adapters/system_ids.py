"""Ids by UUIDv7 (RFC 9562 section 5.7) and bytes of the operating system's cryptographic source.

Within a process ids never decrease, also where the host's clock is stepped back: the time is held, and the 12 bits beside it count up
(method 1 of section 6.2). 62 random bits remain in each id. An id is no secret; what must not be guessed comes from ``random``.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32 in lower case
# Two characters at once: a create of 500 files makes as many ids.
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_COUNTER: Final = 0xFFF


def host_ms() -> int:
    """What the host says, UTC milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class SystemIds:
    """``source`` is the host's clock; only tests give another."""

    def __init__(self, *, source: Callable[[], int] = host_ms) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._last = 0
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        self._lock = threading.Lock()  # another thread of the parent may have held it

    def new(self, prefix: str) -> str:
        """``<prefix>_`` and 26 characters; the first holds 3 bits, so ids sort like their numbers."""
        tail = int.from_bytes(os.urandom(8)) >> 2
        with self._lock:
            # Milliseconds and counter as one number: a full counter runs over into the next millisecond.
            self._last = max(self._last + 1, self._source() << 12 | int.from_bytes(os.urandom(2)) >> 5)
            stamp = self._last
        number = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & _COUNTER) << 64 | 0b10 << 62 | tail
        return f"{prefix}_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])

    def random(self, size: int) -> bytes:
        """Never reused after a fork: the kernel keeps the state."""
        return os.urandom(size)
