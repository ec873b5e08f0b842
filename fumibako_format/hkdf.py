"""HKDF with SHA-256 (RFC 5869)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Made once: a request with 500 files derives some thousand keys, and making it took as long as deriving one.
_SHA256 = SHA256()


def hkdf_sha256(secret: bytes, *, info: bytes, salt: bytes = b"", length: int = 32) -> bytes:
    """Return ``length`` bytes derived from ``secret``. An empty salt stands for 32 zero bytes, as RFC 5869 says."""
    return HKDF(_SHA256, length, salt or None, info).derive(secret)
