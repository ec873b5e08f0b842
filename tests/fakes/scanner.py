"""A scanner whose verdict a test sets: ``kind`` for all, or a marker in the bytes.

It reads every chunk, so a test sees in ``scanned`` how many bytes went past. ``away = True`` raises StoreAway.
"""

from collections.abc import Iterable

from chalicelib.domain.errors import StoreAway
from chalicelib.ports.scanner import Verdict, VerdictKind

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeScanner:
    """Implements ``Scanner``: infected when the EICAR test file is in the bytes, else ``kind``."""

    def __init__(self, kind: VerdictKind = "clean", limit: int | None = None) -> None:
        self.kind: VerdictKind = kind
        self.limit = limit
        self.away = False
        self.scanned: list[int] = []

    def scan(self, chunks: Iterable[bytes], *, size: int) -> Verdict:
        if self.away:
            raise StoreAway("The scanner does not answer.")
        seen, found, tail = 0, False, b""
        for chunk in chunks:
            seen += len(chunk)
            found = found or EICAR in tail + chunk
            tail = (tail + chunk)[-len(EICAR) :]
        self.scanned.append(seen)
        if self.limit is not None and seen > self.limit:
            return Verdict("too_large", "fake/1")
        if found:
            return Verdict("infected", "fake/1", "Eicar-Test-Signature")
        return Verdict(self.kind, "fake/1")
