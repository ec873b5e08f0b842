"""The signing key of proofs, stated by the install's root key (spec/proofs.md).

The root signs a statement once a year for each tenant and key; it is kept as a record and goes into every certificate, receipt and audit
root, so that each can be judged offline with the root's fingerprint alone.
"""

from collections.abc import Callable
from typing import Any, Final

from chalicelib.domain.errors import StoreAway
from chalicelib.domain.tenant import DAY
from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.key_store import Use
from chalicelib.ports.record_store import Key, Put
from chalicelib.use_cases.context import Context
from fumibako_format.proofs import fingerprint, key_statement

VALID: Final = 365 * DAY
RENEW_BEFORE_END: Final = 30 * DAY


def root_fingerprint(ctx: Context) -> str:
    """``SHA256:`` and the root key's thumbprint: what a customer notes at the start and gives to ``fumibako verify --root``."""
    return fingerprint(_current_key(ctx, "root"))


def stated_key(ctx: Context, tenant: str) -> str:
    """The key statement of the current proof key for a tenant; a new one is signed in its last 30 days. Raises StoreAway."""
    jwk = _current_key(ctx, "proof")
    now = ctx.clock.now_ms()
    key = Key(f"{tenant}#keystatement#{jwk['kid']}", "statement")
    record = ctx.records.get(key)
    if record is not None and now < int(record.body["not_after"]) - RENEW_BEFORE_END:
        return str(record.body["statement"])
    statement = _state(ctx, tenant, jwk, not_before=now, not_after=now + VALID)
    # Two writers at once write two statements that are both good; the last one stays.
    ctx.records.transact([Put(key, {"statement": statement, "not_after": now + VALID})])
    return statement


def proof_signer(ctx: Context) -> Callable[[bytes], bytes]:
    """What signs with the current proof key: 64 bytes r || s."""
    return lambda data: ctx.keys.sign(data, use="proof")[1]


def _state(ctx: Context, tenant: str, jwk: dict[str, Any], *, not_before: int, not_after: int) -> str:
    return key_statement(
        kid=jwk["kid"],
        jwk=jwk,
        not_before=rfc3339(not_before),
        not_after=rfc3339(not_after),
        root_jwk=_current_key(ctx, "root"),
        sign=lambda data: ctx.keys.sign(data, use="root")[1],
        tenant=tenant,
    )


def _current_key(ctx: Context, use: Use) -> dict[str, Any]:
    """The public key that signs now. The port tells it only by signing; a signature costs less than trusting an order."""
    kid, _ = ctx.keys.sign(b"which key signs now", use=use)
    for jwk in ctx.keys.public_keys(use=use):
        if jwk["kid"] == kid:
            return jwk
    raise StoreAway("The signing key was renewed at this moment.")
