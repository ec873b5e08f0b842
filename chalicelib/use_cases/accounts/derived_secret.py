"""Bearer values that can be shown again to a repeated request although only their SHA-256 is stored.

The random part is a keyed hash of what the value belongs to, made by the key store: 160 bits that the database alone does not give.
"""

from chalicelib.domain.link import TOKEN_BYTES
from chalicelib.use_cases.context import Context
from fumibako_format import base64url


def derived_bearer(ctx: Context, tenant: str, owner: str, *, purpose: str) -> str:
    """``<tenant>.<27 characters>`` for an id; the same each time."""
    return f"{tenant}.{base64url.encode(ctx.keys.mac(f'{tenant}/{owner}'.encode(), purpose=purpose)[:TOKEN_BYTES])}"
