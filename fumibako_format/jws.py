"""Compact JWS (RFC 7515) with ES256 (RFC 7518) and EdDSA over Ed25519 (RFC 8037), read strictly.

The algorithm must be the one of the key, whatever the header says; ``none``, other algorithms, ``crit`` and
``b64`` are refused, and so are duplicate members and base64url that is not canonical.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fumibako_format import base64url
from fumibako_format.canonical import canonical_json, strict_object
from fumibako_format.errors import EncodingInvalid, ProofInvalid, SignerUnknown
from fumibako_format.jwk import (
    PublicKey,
    alg_of,
    check_signature,
    load_jwk,
    public_jwk,
    raw_from_der,
    thumbprint,
)

__all__ = [
    "ALGORITHMS",
    "Jws",
    "PublicKey",
    "alg_of",
    "load_jwk",
    "parse",
    "public_jwk",
    "raw_from_der",
    "sign",
    "thumbprint",
    "verify",
    "verify_with",
]

ALGORITHMS = ("ES256", "EdDSA")
TOKEN_LIMIT = 65_536


@dataclass(frozen=True)
class Jws:
    """A token taken apart. Nothing of it is trusted until ``verify`` returned it."""

    header: dict[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """Return the payload as a JSON object; raises ProofInvalid where it is none."""
        try:
            return strict_object(self.payload)
        except EncodingInvalid as error:
            raise ProofInvalid("The signed payload is not a JSON object.") from error


def sign(payload: bytes, *, header: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return the compact token. ``sign`` gets the signing input and returns 64 bytes (r || s, or Ed25519's).

    Raises ProofInvalid where the header has an algorithm ``verify`` would refuse or the signature is not 64 bytes.
    """
    _check_header(header)
    signing_input = base64url.encode(canonical_json(header)) + "." + base64url.encode(payload)
    signature = sign(signing_input.encode("ascii"))
    if len(signature) != 64:
        raise ProofInvalid("A signature is 64 bytes.", "Convert DER signatures with raw_from_der.")
    return signing_input + "." + base64url.encode(signature)


def parse(token: str) -> Jws:
    """Take a token apart without verifying it; raises ProofInvalid."""
    if not isinstance(token, str) or len(token) > TOKEN_LIMIT or token.count(".") != 2:
        raise ProofInvalid("This is not a compact JWS.")
    first, second, third = token.split(".")
    try:
        header = strict_object(base64url.decode(first))
        payload, signature = base64url.decode(second), base64url.decode(third)
    except EncodingInvalid as error:
        raise ProofInvalid("This is not a compact JWS.") from error
    _check_header(header)
    return Jws(header, payload, f"{first}.{second}".encode("ascii"), signature)


def verify(token: str, *, keys: Mapping[str, Mapping[str, Any]], algs: Sequence[str] = ALGORITHMS) -> Jws:
    """Return the token whose signature holds under the key its ``kid`` names.

    Raises ProofInvalid, or SignerUnknown where ``keys`` has no such kid.
    """
    jws = parse(token)
    kid = jws.header.get("kid")
    if not isinstance(kid, str):
        raise ProofInvalid("The token names no key.")
    if kid not in keys:
        raise SignerUnknown("The token is signed by a key that is not known here.", "Fetch the issuer's current keys.")
    return verify_with(jws, keys[kid], algs=algs)


def verify_with(jws: Jws, jwk: Mapping[str, Any], *, algs: Sequence[str] = ALGORITHMS) -> Jws:
    """Return ``jws`` when its signature holds under ``jwk``; raises ProofInvalid."""
    alg = jws.header["alg"]
    if alg not in algs or alg != alg_of(jwk):
        raise ProofInvalid("The token's algorithm is not the one of its key.")
    check_signature(jwk, jws.signature, jws.signing_input)
    return jws


def _check_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise ProofInvalid("Only ES256 and EdDSA signatures are accepted.")
    # No extension is understood, and RFC 7515 section 4.1.11 says what is not understood must be refused.
    if "crit" in header or "b64" in header:
        raise ProofInvalid("The token needs an extension that is not known here.")
