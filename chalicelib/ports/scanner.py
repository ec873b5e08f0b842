"""The malware scanner.

Contract
- ``scan`` reads the plaintext chunks it is given, at most once and in order, and gives a verdict; it never keeps the bytes.
- ``not_scanned`` is a verdict of its own: nothing may present it as clean. ``clean`` is given only by an engine that read every byte.
- Something larger than the engine's limit is ``too_large``; what it can't read (encrypted archives) is ``unscannable``.
- An engine that does not answer raises ``StoreAway``; a broken answer passes up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

VerdictKind = Literal["clean", "infected", "unscannable", "too_large", "not_scanned"]


@dataclass(frozen=True)
class Verdict:
    """``engine`` names engine and signature date; ``signature`` the malware's name when infected."""

    kind: VerdictKind
    engine: str
    signature: str | None = None


class Scanner(Protocol):
    """Judge bytes."""

    def scan(self, chunks: Iterable[bytes], *, size: int) -> Verdict: ...
