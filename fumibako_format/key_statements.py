"""Key statements: the install's root key says which key signs for whom, and from when until when.

A compact JWS of type ``fumibako-key-statement+jws``. Its header carries the root's public key; the customer noted the
fingerprint of that key at the start, so a document can be judged offline and years later.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fumibako_format import jws
from fumibako_format.canonical import canonical_json
from fumibako_format.errors import ProofInvalid, SignerUnknown
from fumibako_format.jwk import alg_of, load_jwk, thumbprint
from fumibako_format.timestamps import check_timestamp
from fumibako_format.versions import VERSION, check_version

STATEMENT_TYPE = "fumibako-key-statement+jws"
GROUP = 4

_ISSUERS = ("tenant", "install")


@dataclass(frozen=True)
class KeyStatement:
    """A statement whose signature held. ``issuer_kind`` is tenant or install, times are RFC 3339 text."""

    issuer_kind: str
    issuer: str
    kid: str
    jwk: dict[str, Any]
    not_before: str
    not_after: str
    root_jwk: dict[str, Any]

    def check_time(self, at: str) -> None:
        """Raise ProofInvalid unless the key was valid at the time ``at``."""
        if not self.not_before <= at <= self.not_after:
            raise ProofInvalid("The document was signed outside the time its key is stated for.")

    def check_tenant(self, tenant: str) -> None:
        """Raise ProofInvalid where the key is stated for another tenant. An install's key signs for all of its own."""
        if self.issuer_kind == "tenant" and self.issuer != tenant:
            raise ProofInvalid("The document's tenant is not the one its key is stated for.")


def key_statement(
    *,
    kid: str,
    jwk: Mapping[str, Any],
    not_before: str,
    not_after: str,
    root_jwk: Mapping[str, Any],
    sign: Callable[[bytes], bytes],
    tenant: str | None = None,
    install: str | None = None,
) -> str:
    """Return the statement for the public key ``jwk``; ``sign`` signs with the root and returns 64 bytes.

    Exactly one of ``tenant`` and ``install`` says for whom the key signs. Raises ProofInvalid.
    """
    if (tenant is None) == (install is None):
        raise ProofInvalid("A key is stated for a tenant or for an install.", "Give exactly one of the two.")
    issuer = {"install": install} if tenant is None else {"tenant": tenant}
    claims = {"v": VERSION, "kid": kid, "jwk": dict(jwk), "not_before": not_before, "not_after": not_after}
    header = {"alg": alg_of(root_jwk), "kid": thumbprint(root_jwk), "typ": STATEMENT_TYPE, "jwk": dict(root_jwk)}
    token = jws.sign(canonical_json(claims | issuer), header=header, sign=sign)
    read_key_statement(token)
    return token


def read_key_statement(token: str) -> KeyStatement:
    """Return the statement when its root's signature holds; raises ProofInvalid, VersionUnknown.

    This says nothing about who the root is: ``check_root`` does.
    """
    parsed = jws.parse(token)
    root_jwk = parsed.header.get("jwk")
    if parsed.header.get("typ") != STATEMENT_TYPE or not isinstance(root_jwk, dict):
        raise ProofInvalid("This is not a key statement.")
    if parsed.header.get("kid") != thumbprint(root_jwk):
        raise ProofInvalid("The key statement names another root than the one it carries.")
    claims = jws.verify_with(parsed, root_jwk).claims()
    check_version(claims, "key statement")
    return _statement_of(claims, root_jwk)


def _statement_of(claims: Mapping[str, Any], root_jwk: dict[str, Any]) -> KeyStatement:
    issuers = [kind for kind in _ISSUERS if kind in claims]
    if len(issuers) != 1 or not isinstance(claims[issuers[0]], str) or not isinstance(claims.get("kid"), str):
        raise ProofInvalid("The key statement does not say for whom which key signs.")
    jwk = claims.get("jwk")
    if not isinstance(jwk, dict):
        raise ProofInvalid("The key statement has no key.")
    load_jwk(jwk)
    not_before = check_timestamp(claims.get("not_before"), "not_before")
    not_after = check_timestamp(claims.get("not_after"), "not_after")
    if not_before > not_after:
        raise ProofInvalid("The key statement ends before it begins.")
    return KeyStatement(issuers[0], claims[issuers[0]], claims["kid"], jwk, not_before, not_after, root_jwk)


def verify_stated(token: str, statement: KeyStatement, *, typ: str) -> dict[str, Any]:
    """Return the claims of a JWS of type ``typ`` signed by the stated key while it was valid.

    The claims have ``v`` 1 and ``signed_at``. Raises ProofInvalid, VersionUnknown.
    """
    parsed = jws.parse(token)
    if parsed.header.get("typ") != typ or parsed.header.get("kid") != statement.kid:
        raise ProofInvalid("The signature is of another kind or by another key than the one stated.")
    claims = jws.verify_with(parsed, statement.jwk).claims()
    check_version(claims, "signed root")
    statement.check_time(check_timestamp(claims.get("signed_at"), "signed_at"))
    return claims


def sign_stated(claims: Mapping[str, Any], statement: KeyStatement, *, typ: str, sign: Callable[[bytes], bytes]) -> str:
    """Return the JWS that ``verify_stated`` accepts; raises ProofInvalid where it would not."""
    header = {"alg": alg_of(statement.jwk), "kid": statement.kid, "typ": typ}
    token = jws.sign(canonical_json(claims), header=header, sign=sign)
    verify_stated(token, statement, typ=typ)
    return token


def fingerprint(root_jwk: Mapping[str, Any]) -> str:
    """Return ``SHA256:`` and the RFC 7638 thumbprint in groups of four with dots, to be noted and read out."""
    text = thumbprint(root_jwk)
    return "SHA256:" + ".".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def check_root(root_jwk: Mapping[str, Any], root_fingerprint: str | None, *, verified: object) -> None:
    """Raise ProofInvalid where the root is not the one noted, SignerUnknown (with ``verified``) where none was noted.

    Called after all else held, so SignerUnknown means "intact, signer unknown". Dots and white space of the noted
    fingerprint do not matter, and ``SHA256:`` may be missing.
    """
    if root_fingerprint is None:
        raise SignerUnknown("The document is intact, but its signer is not known here.", verified=verified)
    noted = re.sub(r"[.\s]", "", root_fingerprint).removeprefix("SHA256:")
    if not hmac.compare_digest(noted.encode("utf-8", "replace"), thumbprint(root_jwk).encode("ascii")):
        raise ProofInvalid("The document is signed under another root than the one noted.")
