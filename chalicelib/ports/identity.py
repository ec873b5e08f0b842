"""Sign-in services of others, by OpenID Connect.

Contract
- ``check`` reads what the issuer says of itself and raises ``Refused("issuer_invalid")`` where that is no OpenID Connect service, names another
  issuer, or lies in a network that the operator did not allow.
- ``authorization_url`` gives the address to send the browser to: code flow with PKCE (RFC 7636, S256), state and nonce.
- ``identify`` exchanges a code, where the answer that brought it names no other issuer (``answered_by``, RFC 9207; a service that says it names
  itself has to), and gives who signed in, only after the ID token's signature, issuer, audience, nonce and times held (OpenID Connect
  Core 1.0, 3.1.3.7); anything else raises ``Refused("identity_refused")``.
- A service that does not answer raises ``StoreAway``. What it says is read up to 256 KiB and never logged.
- Not promised: that an address in an identity was ever verified by anybody; ``email_verified`` says what the service says, None where it says nothing.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class IdentityClient:
    """We at a partner's service. ``redirect_uri`` must be registered there as it stands here."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True)
class SignInRequest:
    """``code_verifier`` stays with us; the browser carries its SHA-256. ``login_hint``: the address, so that people need not type it."""

    state: str
    nonce: str
    code_verifier: str
    login_hint: str


@dataclass(frozen=True)
class VerifiedIdentity:
    """Who signed in: checked. ``email`` is empty where the service named none."""

    subject: str
    email: str
    email_verified: bool | None


class IdentityService(Protocol):
    """Ask others who somebody is."""

    def check(self, issuer: str) -> None: ...

    def authorization_url(self, client: IdentityClient, request: SignInRequest) -> str: ...

    def identify(
        self,
        client: IdentityClient,
        *,
        code: str,
        nonce: str,
        code_verifier: str,
        now: int,
        answered_by: str | None = None,
    ) -> VerifiedIdentity: ...
