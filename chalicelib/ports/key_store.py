"""Keys that never leave: sealing small secrets, keyed hashes, signatures.

Contract
- ``seal`` encrypts up to 65,536 bytes for a purpose and a context; ``open`` gives them back only for the same tenant, purpose and
  context, and raises ``Refused("key_wrong")`` for anything else, changed bytes included. Sealing twice gives different bytes.
- ``mac`` is a 32-byte keyed hash (HMAC-SHA-256) under a key of that purpose; the same input gives the same output for the life of the install.
- ``sign`` gives the ``kid`` and a raw 64-byte ES256 signature (r || s, RFC 7518 3.4) under the current key of a use;
  ``public_keys`` gives the JWKs of a use, the retired ones that may still be seen included, each with ``kid``.
- Uses are ``access`` (tokens), ``proof`` (certificates, receipts, audit roots) and ``root`` (key statements).
- Purposes separate: what was sealed for one can't be opened or guessed by another.
- No error text and no log holds key material. An unreachable key service raises ``StoreAway``; unknown SDK errors pass up.
"""

from typing import Any, Final, Literal, Protocol

MAX_SEALED: Final = 65_536
Use = Literal["access", "proof", "root"]


class KeyStore(Protocol):
    """Seal, open, hash, sign."""

    def seal(self, plaintext: bytes, *, tenant: str, purpose: str, context: str) -> bytes: ...

    def open(self, sealed: bytes, *, tenant: str, purpose: str, context: str) -> bytes: ...

    def mac(self, data: bytes, *, purpose: str) -> bytes: ...

    def sign(self, data: bytes, *, use: Use) -> tuple[str, bytes]: ...

    def public_keys(self, *, use: Use) -> list[dict[str, Any]]: ...
