"""Time-based one-time passwords (RFC 6238) as every authenticator app has them: HMAC-SHA-1, 30 seconds, 6 digits."""

import hmac
import struct
from base64 import b32encode
from urllib.parse import quote

from chalicelib.domain.errors import Refused

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
# One step to either side: a phone's clock may be half a minute off, and typing takes time.
WINDOW = 1


def totp(secret: bytes, step: int, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The code of a time step (RFC 4226 5.3 over RFC 6238 4.2)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), algorithm)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(now_ms: int) -> int:
    """The time step of a moment in milliseconds."""
    return now_ms // (STEP_SECONDS * 1000)


def matching_step(secret: bytes, code: str, *, now_ms: int, last_step: int) -> int:
    """The step whose code this is. Raises Refused("totp_wrong"), for a code that was used before as well (RFC 6238 5.2).

    Every step of the window is compared, in equal time.
    """
    now = step_of(now_ms)
    given = code.strip().encode()
    found = 0
    for step in range(max(0, now - WINDOW), now + WINDOW + 1):
        if hmac.compare_digest(totp(secret, step).encode(), given) and step > last_step:
            found = step
    if found == 0:
        raise Refused("totp_wrong", "This is not the code of the authenticator app, or it was used already.")
    return found


def secret_text(secret: bytes) -> str:
    """The secret as apps take it by hand (base32, RFC 4648)."""
    return b32encode(secret).decode().rstrip("=")


def enrolment_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """What a QR code holds (the Key URI format of Google Authenticator)."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={quote(issuer, safe='')}"
