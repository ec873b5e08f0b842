"""Access tokens: JWT (RFC 9068) with ES256, signed by the key store under use ``access``."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.session import Session
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.token import TOKEN_TYPE, access_claims, token_invalid
from chalicelib.use_cases.context import Context
from fumibako_format import base64url, jws
from fumibako_format.canonical import canonical_json
from fumibako_format.errors import FormatError

# What a signature costs to check, 90 us, is half of a request. A token's text is never kept, only its hash; the entry stands for as long as the
# very key that it was checked with is among the valid ones. Everything that can be revoked is read from the store at each request all the same.
_KEPT: Final = 4_096
_checked: "OrderedDict[bytes, tuple[Mapping[str, Any], dict[str, Any]]]" = OrderedDict()


def sign_access_token(ctx: Context, tenant: Tenant, session: Session, roles: frozenset[str]) -> tuple[str, int]:
    """The token and its life in whole seconds."""
    now = ctx.clock.now_ms()
    claims = access_claims(
        session, issuer=tenant.base_url, jti=base64url.encode(ctx.ids.random(16)), roles=roles, now=now
    )
    return _signed(ctx, claims), claims["exp"] - now // 1000


def read_access_token(ctx: Context, token: str) -> dict[str, Any]:
    """The claims of a token that we signed; issuer and times are for ``require_claims``. Raises Refused("token_invalid")."""
    keys: Mapping[str, Mapping[str, Any]] = {key["kid"]: key for key in ctx.keys.public_keys(use="access")}
    name = hashlib.sha256(token.encode()).digest()
    known = _checked.get(name)
    if known is not None and keys.get(known[0]["kid"]) == known[0]:
        return dict(known[1])
    claims, kid = _verified(token, keys)
    _checked[name] = keys[kid], claims
    if len(_checked) > _KEPT:
        _checked.popitem(last=False)
    return dict(claims)


def _verified(token: str, keys: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], str]:
    """Claims and key id. Raises Refused("token_invalid")."""
    try:
        verified = jws.verify(token, keys=keys, algs=("ES256",))
        claims = verified.claims()
    except FormatError:
        raise token_invalid() from None
    if verified.header.get("typ") != TOKEN_TYPE or not all(
        isinstance(claims.get(n), str) for n in ("tenant", "sid", "sub")
    ):
        raise token_invalid()
    return claims, str(verified.header["kid"])


def key_set(ctx: Context) -> dict[str, Any]:
    """The JWK set (RFC 7517) that others check access tokens with."""
    return {"keys": [_public(key) for key in ctx.keys.public_keys(use="access")]}


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in ("kty", "crv", "x", "y", "kid") if name in key} | {"alg": "ES256", "use": "sig"}


def _signed(ctx: Context, claims: dict[str, Any]) -> str:
    """Signed under the current key. The header names the key before it signs, so a rotation in between is tried once more."""
    kid = str(ctx.keys.public_keys(use="access")[0]["kid"])
    for _ in range(3):
        token, used = _signed_as(ctx, claims, kid)
        if used == kid:
            return token
        kid = used
    raise Refused("store_away", "The signing key is being changed.", retry_after=1)


def _signed_as(ctx: Context, claims: dict[str, Any], kid: str) -> tuple[str, str]:
    """The token whose header names ``kid``, and the key that really signed."""
    used: list[str] = []

    def signature(data: bytes) -> bytes:
        name, raw = ctx.keys.sign(data, use="access")
        used.append(name)
        return raw

    header = {"alg": "ES256", "typ": TOKEN_TYPE, "kid": kid}
    return jws.sign(canonical_json(claims), header=header, sign=signature), used[0]


def looks_like_jwt(token: str) -> bool:
    """Two dots and a first part that is a JSON object: told apart from ``<tenant>.<random>`` without any secret."""
    return token.count(".") == 2 and token.startswith("eyJ")
