"""Public ids: a prefix of the kind, an underscore and a UUIDv7 in Crockford base32, lower case.

``tr_`` transfer, ``fi_`` file, ``rq_`` file request, ``rc_`` recipient, ``ev_`` event, ``in_`` install, ``gr_`` grant.
The 128 bits are written big endian in 26 characters of 5 bits, so the first is 0 to 7. There is one text for one id:
upper case and the look-alikes Crockford's reader forgives (i, l, o, u) are refused.
"""

import re

from fumibako_format.errors import IdInvalid

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_SCHEMA_PATTERN = "^[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}$"
ID_PATTERN = re.compile(r"\A[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}\Z")

_PREFIX = re.compile(r"[a-z]{2,8}")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_MAX_MS = (1 << 48) - 1


def is_id(text: str, prefix: str) -> bool:
    """Say whether ``text`` is an id of the kind ``prefix`` (without the underscore)."""
    return ID_PATTERN.match(text) is not None and text.startswith(prefix + "_")


def encode_id(prefix: str, uuid_bytes: bytes) -> str:
    """Return the id of 16 bytes; raises IdInvalid on a bad prefix or length."""
    if not _PREFIX.fullmatch(prefix):
        raise IdInvalid("The prefix of an id is two to eight letters a to z.")
    if len(uuid_bytes) != 16:
        raise IdInvalid("An id is made of 16 bytes.")
    number = int.from_bytes(uuid_bytes, "big")
    return prefix + "_" + "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def decode_id(text: str) -> tuple[str, bytes]:
    """Return the prefix and the 16 bytes of an id; raises IdInvalid."""
    if not ID_PATTERN.match(text):
        raise IdInvalid("This is not an id.")
    prefix, _, digits = text.partition("_")
    number = 0
    for digit in digits:
        number = number << 5 | _VALUES[digit]
    return prefix, number.to_bytes(16, "big")


def uuid7(ms: int, random10: bytes) -> bytes:
    """Return the 16 bytes of a UUIDv7 (RFC 9562 section 5.7).

    ``ms`` is milliseconds since the epoch, ``random10`` ten random bytes of which six bits give way to version and
    variant. Raises IdInvalid when either is out of range.
    """
    if not 0 <= ms <= _MAX_MS:
        raise IdInvalid("A UUIDv7 holds a time of 0 to 2^48 - 1 milliseconds.")
    if len(random10) != 10:
        raise IdInvalid("A UUIDv7 is made with ten random bytes.")
    tail = bytearray(random10)
    tail[0] = 0x70 | tail[0] & 0x0F
    tail[2] = 0x80 | tail[2] & 0x3F
    return ms.to_bytes(6, "big") + bytes(tail)
