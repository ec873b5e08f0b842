"""Access tokens: JWT (RFC 9068) with ES256, signed by the key store under use ``access``."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.errors import Refused
from chalicelib.domain.session import Session
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.token import TOKEN_TYPE, access_claims, token_invalid
from chalicelib.use_cases.context import Context
from fumibako_format import base64url, jws
from fumibako_format.canonical import canonical_json
from fumibako_format.errors import FormatError


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
    try:
        verified = jws.verify(token, keys=keys, algs=("ES256",))
        claims = verified.claims()
    except FormatError:
        raise token_invalid() from None
    if verified.header.get("typ") != TOKEN_TYPE or not all(
        isinstance(claims.get(n), str) for n in ("tenant", "sid", "sub")
    ):
        raise token_invalid()
    return claims


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
