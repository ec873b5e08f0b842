"""base64url without padding (RFC 4648 section 5), read strictly: one text for one value."""

import base64
import re

from fumibako_format.errors import EncodingInvalid

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def encode(value: bytes) -> str:
    """Return base64url text without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of ``text``; raises EncodingInvalid on padding, other characters or stray low bits.

    Stray low bits matter: two texts of one signature would let a document change without breaking its proof.
    """
    if not isinstance(text, str) or not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise EncodingInvalid("This is not base64url text without padding.")
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(value) != text:
        raise EncodingInvalid("This base64url text is not in its canonical form.")
    return value
