"""Tokens that people and programs hold: access tokens (RFC 9068), personal access tokens, service accounts. Times in milliseconds."""

import ipaddress
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import Refused, refuse_field
from chalicelib.domain.ids import TenantId
from chalicelib.domain.session import ACCESS_SECONDS, SCOPES, Session

AUDIENCE = "fumibako"
TOKEN_TYPE = "at+jwt"  # noqa: S105  a media type (RFC 9068 2.1), no secret
MAX_NETWORKS = 20
MAX_TOKEN_LIFE_MS = 366 * 24 * 3_600_000
LEEWAY_SECONDS = 5


@dataclass(frozen=True)
class PersonalToken:
    """A member's own token for scripts; only its SHA-256 is stored. It can do what scope and the member's present roles both allow."""

    id: str
    tenant: TenantId
    member: str
    name: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_at: int
    expires_at: int
    last_used_at: int | None = None
    version: int = 0


@dataclass(frozen=True)
class ServiceAccount:
    """A program's account: a secret (SHA-256 of 160 random bits) or a public key, never both. ``client_id`` is ``<tenant>.<id>``."""

    id: str
    tenant: TenantId
    name: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_at: int
    created_by: str
    secret_hash: str | None = None
    public_jwk: dict[str, str] | None = None
    last_used_at: int | None = None
    version: int = 0

    @property
    def client_id(self) -> str:
        """What the program calls itself (RFC 6749 2.2)."""
        return f"{self.tenant}.{self.id}"

    @property
    def roles(self) -> frozenset[str]:
        """A service account sends like a member; it administers or audits only where its scopes say so."""
        extra = {role for scope, role in (("admin", "admin"), ("audit:read", "auditor")) if scope in self.scopes}
        return frozenset({"member"} | extra)


def access_claims(session: Session, *, issuer: str, jti: str, roles: frozenset[str], now: int) -> dict[str, Any]:
    """The claims of an access token of 15 minutes (RFC 9068 2.2); ``exp`` never lies beyond the session's own end."""
    issued = now // 1000
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": session.owner,
        "aud": AUDIENCE,
        "client_id": str(session.client),
        "iat": issued,
        "exp": min(issued + ACCESS_SECONDS, session.idle_until // 1000),
        "jti": jti,
        "sid": session.id,
        "tenant": session.tenant,
        "roles": sorted(roles),
        "scope": " ".join(session.scopes),
        "channel": "public",
    }
    if session.link is not None:
        claims |= {"link": session.link, "link_subject": session.link_subject}
    return claims


def require_claims(claims: dict[str, Any], *, issuer: str, now: int) -> None:
    """Raises Refused("token_invalid") unless issuer, audience and times hold (RFC 9068 4, 5 seconds of leeway for ``iat``)."""
    seconds = now // 1000
    times = (claims.get("exp"), claims.get("iat"))
    if not all(isinstance(time, int) and not isinstance(time, bool) for time in times):
        raise token_invalid()
    if claims.get("iss") != issuer or claims.get("aud") != AUDIENCE:
        raise token_invalid()
    if seconds >= claims["exp"] or claims["iat"] > seconds + LEEWAY_SECONDS:
        raise token_invalid()


def token_invalid() -> Refused:
    """One refusal for every way a token can be wrong, so that nothing is learnt by trying."""
    return Refused("token_invalid", "This token is not valid, or is not valid any more.")


def checked_scopes(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Known scopes, sorted, each once, at least one. Raises Refused("scope_unknown")."""
    if not scopes or not set(scopes) <= set(SCOPES):
        raise refuse_field("scope_unknown", "/scopes", f"Scopes are {', '.join(SCOPES)}; a token has at least one.")
    return tuple(sorted(set(scopes)))


def checked_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    """Networks in CIDR form, at most 20. Raises Refused("network_invalid")."""
    try:
        if len(networks) > MAX_NETWORKS:
            raise ValueError
        return tuple(str(ipaddress.ip_network(network)) for network in networks)
    except ValueError:
        raise refuse_field("network_invalid", "/networks", "Give at most 20 networks like 203.0.113.0/24.") from None


def checked_expiry(expires_at: int | None, now: int) -> int:
    """When a personal token ends: within a year, a year without a wish. Raises Refused("expiry_past") or Refused("expiry_too_far")."""
    if expires_at is None:
        return now + MAX_TOKEN_LIFE_MS
    if expires_at <= now:
        raise refuse_field("expiry_past", "/expires_at", "The end lies in the past.")
    if expires_at > now + MAX_TOKEN_LIFE_MS:
        raise refuse_field("expiry_too_far", "/expires_at", "A token lives for 366 days at most.")
    return expires_at
