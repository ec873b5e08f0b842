"""Ids and secrets.

Contract: ``new`` gives an id nobody holds yet, increasing with time (UUIDv7, RFC 9562). ``random`` gives bytes of the operating
system's cryptographic source. Neither fails in normal operation.
"""

from typing import Protocol


class Ids(Protocol):
    """Make ids and random bytes."""

    def new(self, prefix: str) -> str:
        """``<prefix>_`` and 26 characters of Crockford base32."""
        ...

    def random(self, size: int) -> bytes:
        """``size`` unpredictable bytes."""
        ...
