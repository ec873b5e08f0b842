"""Bytes inside a record's JSON: base64url without padding (RFC 4648 section 5). Only these stores write it, so it is read without ado."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


def to_text(value: bytes) -> str:
    """As stored."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_text(text: str) -> bytes:
    """As it was."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
