"""base64url without padding (RFC 4648 section 5), read strictly: one text for one value."""

import re
from binascii import a2b_base64, b2a_base64

from fumibako_format.errors import EncodingInvalid

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
# The module base64 does the same in three calls and two copies each; a request may have a thousand such texts.
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def encode(value: bytes) -> str:
    """Return base64url text without padding."""
    return b2a_base64(value, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of ``text``; raises EncodingInvalid on padding, other characters or stray low bits.

    Stray low bits matter: two texts of one signature would let a document change without breaking its proof.
    """
    if not isinstance(text, str) or not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise EncodingInvalid("This is not base64url text without padding.")
    value = a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
    if encode(value) != text:
        raise EncodingInvalid("This base64url text is not in its canonical form.")
    return value
