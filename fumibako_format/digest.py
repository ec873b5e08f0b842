"""The digest of a file: SHA-256 over the SHA-256s of its plaintext segments.

It can be computed in parallel and resumed, and needs nothing that WebCrypto lacks. An empty file has one empty segment.
"""

import hashlib
from collections.abc import Iterable

from fumibako_format.errors import LengthError

DIGEST_BYTES = 32


def segment_digest(plaintext: bytes | bytearray | memoryview) -> bytes:
    """Return the SHA-256 of one segment's plaintext."""
    return hashlib.sha256(plaintext).digest()


def file_digest(segment_digests: Iterable[bytes]) -> bytes:
    """Return the file's digest from its segments' digests in order; raises LengthError (none, or not 32 bytes each)."""
    whole = hashlib.sha256()
    count = 0
    for digest in segment_digests:
        if len(digest) != DIGEST_BYTES:
            raise LengthError("A segment digest is 32 bytes.", "Give the SHA-256 of each segment's plaintext.")
        whole.update(digest)
        count += 1
    if count == 0:
        raise LengthError("A file has at least one segment.", "Give the digest of the empty segment for an empty file.")
    return whole.digest()
