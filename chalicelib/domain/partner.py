"""Partners: companies whose own sign-in service says who their people are, in place of a mailed code (OpenID Connect Core 1.0).

A partner speaks for the mail domains that an admin gave it, and for nobody else: an identity whose address lies outside of them, or is another than
the link was made for, proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused, refuse_field
from chalicelib.domain.ids import TenantId
from chalicelib.domain.recipients import checked_domain, same_address_key

MAX_PARTNERS = 100
MAX_DOMAINS = 50
ATTEMPT_MS = 10 * 60_000


@dataclass(frozen=True)
class Partner:
    """``sealed_secret``: the client secret, sealed and in base64url. ``required``: its people are given no code by mail."""

    id: str
    tenant: TenantId
    name: str
    issuer: str
    client_id: str
    sealed_secret: str
    domains: tuple[str, ...]
    created_at: int
    required: bool = False
    version: int = 0


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way at a partner. ``link_hash`` finds the link, ``browser_hash`` is the SHA-256 of the asking browser's cookie."""

    partner: str
    link_hash: str
    browser_hash: str
    expires_at: int
    version: int = 0


def checked_issuer(text: str) -> str:
    """An issuer as OpenID Connect Discovery 1.0, 2 has it: https, a host, no query, no fragment. Raises Refused("issuer_invalid").

    http only for a loopback address, which the adapter refuses unless the operator allowed it.
    """
    try:
        parts = urlsplit(text)
        loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
        sound = parts.scheme == "https" or (parts.scheme == "http" and loopback)
        extra = parts.query or parts.fragment or parts.username is not None or parts.password is not None
        sound = sound and bool(parts.hostname) and not extra and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or not text.isascii() or any(letter.isspace() for letter in text):
        raise refuse_field(
            "issuer_invalid", "/issuer", "An issuer is an address such as https://login.partner.example."
        )
    return text


def checked_domains(given: Sequence[str]) -> tuple[str, ...]:
    """Domains in lower case, each once. Raises Refused("domain_invalid")."""
    if not 1 <= len(given) <= MAX_DOMAINS:
        raise refuse_field("domain_invalid", "/domains", f"A partner has 1 to {MAX_DOMAINS} mail domains.")
    return tuple(sorted({checked_domain(one) for one in given}))


def domain_of(address: str) -> str:
    """What stands behind the at sign, in lower case."""
    return address.rpartition("@")[2].lower()


def require_person(partner: Partner, address: str, *, email: str, verified: bool | None) -> None:
    """The identity is the person whom the link was made for. Raises Refused("identity_refused").

    ``verified`` is the claim email_verified. Some services (Microsoft Entra ID) leave it out; the domains that an admin entrusted to this issuer stand
    in for it then. A plain "no" is believed.
    """
    known = domain_of(email) in partner.domains
    if verified is False or not known or same_address_key(email) != same_address_key(address):
        raise Refused("identity_refused", "You signed in as somebody else than the person this was sent to.")
