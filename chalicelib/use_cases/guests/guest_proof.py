"""Proof material of guests as it is stored: codes and passphrase proofs under a slow hash, with a pepper outside the database."""

from chalicelib.use_cases.context import Context
from fumibako_format import base64url

CODE_DIGITS = 8


def hash_proof(ctx: Context, secret: str) -> str:
    """What is stored of a code or of a client's passphrase_auth (base64url text)."""
    return ctx.hashes.hash(_peppered(ctx, secret))


def proof_matches(ctx: Context, secret: str, stored: str) -> bool:
    """Whether the secret made what is stored. Count the try before asking this."""
    return ctx.hashes.verify(_peppered(ctx, secret), stored)


def new_code(ctx: Context) -> str:
    """8 digits, each code as likely as every other: bytes beyond the largest multiple of 10^8 in 2^32 are thrown away."""
    limit = 2**32 - 2**32 % 10**CODE_DIGITS
    while (number := int.from_bytes(ctx.ids.random(4), "big")) >= limit:
        pass
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _peppered(ctx: Context, secret: str) -> str:
    # Whoever has the database alone can't try 10^8 codes against it: the key of this hash lies in the key store.
    return base64url.encode(ctx.keys.mac(secret.encode(), purpose="otp-pepper"))
