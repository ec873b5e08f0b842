"""Slow hashes for what people choose or type: passwords and one-time codes.

Contract
- ``hash`` gives a self-describing string (PHC format) with a fresh salt: the same secret gives another string each time.
- ``verify`` tells whether the secret made that string, in time independent of where they differ; a string it can't read raises ``ValueError``.
- ``stale`` tells whether a string was made with weaker parameters than today's, so that it is renewed at the next sign-in.
"""

from typing import Protocol


class SecretHash(Protocol):
    """Hash and verify."""

    def hash(self, secret: str) -> str: ...

    def verify(self, secret: str, stored: str) -> bool: ...

    def stale(self, stored: str) -> bool: ...
