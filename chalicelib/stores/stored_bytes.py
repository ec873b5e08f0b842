"""Bytes inside a record's JSON: base64url without padding (RFC 4648 section 5). Only these stores write it, so it is read without ado."""

from binascii import a2b_base64, b2a_base64

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def to_text(value: bytes) -> str:
    """As stored."""
    return b2a_base64(value, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def from_text(text: str) -> bytes:
    """As it was."""
    return a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
