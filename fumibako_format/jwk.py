"""Public keys as JWK (RFC 7517, RFC 8037): P-256 for ES256 and Ed25519 for EdDSA, nothing else."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fumibako_format import base64url
from fumibako_format.canonical import canonical_json
from fumibako_format.errors import EncodingInvalid, ProofInvalid

COORDINATE_BYTES = 32
SIGNATURE_BYTES = 64

PublicKey = EllipticCurvePublicKey | Ed25519PublicKey

# The members that make the key, in RFC 7638's sense, and the algorithm it is used with.
_KINDS = {("EC", "P-256"): (("x", "y"), "ES256"), ("OKP", "Ed25519"): (("x",), "EdDSA")}


def public_jwk(public_key: PublicKey) -> dict[str, str]:
    """Return the JWK of a public key with its required members only; raises ProofInvalid on another curve."""
    if isinstance(public_key, Ed25519PublicKey):
        raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(raw)}
    if not isinstance(public_key.curve, SECP256R1):
        raise ProofInvalid("Only P-256 and Ed25519 keys sign here.", "Make a P-256 or an Ed25519 key.")
    numbers = public_key.public_numbers()
    x, y = (base64url.encode(value.to_bytes(COORDINATE_BYTES, "big")) for value in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def load_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """Return the public key; raises ProofInvalid on another kind, bad coordinates, or a private key."""
    members = _required(jwk)
    return _load(members["x"], members.get("y"))


def alg_of(jwk: Mapping[str, Any]) -> str:
    """Return the only algorithm a key is used with: ES256 or EdDSA; raises ProofInvalid."""
    return _kind(jwk)[1]


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the RFC 7638 thumbprint: base64url of SHA-256 over the required members; raises ProofInvalid."""
    return base64url.encode(hashlib.sha256(canonical_json(_required(jwk))).digest())


def raw_from_der(der: bytes) -> bytes:
    """Return r || s, 64 bytes, of a DER ECDSA signature (what KMS and OpenSSL give); raises ProofInvalid."""
    try:
        r, s = decode_dss_signature(der)
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
    except (ValueError, OverflowError) as error:
        raise ProofInvalid("This is not a DER signature of P-256.") from error


def check_signature(jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> None:
    """Raise ProofInvalid unless the raw ``signature`` over ``signing_input`` is the key's."""
    key = load_jwk(jwk)
    if len(signature) != SIGNATURE_BYTES:
        raise ProofInvalid("The signature is not 64 bytes.")
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, signing_input)
        else:
            halves = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
            key.verify(encode_dss_signature(*halves), signing_input, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise ProofInvalid("The signature does not hold.") from error


def _kind(jwk: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    if not isinstance(jwk, Mapping):
        raise ProofInvalid("This is not a JWK.")
    kind = (str(jwk.get("kty")), str(jwk.get("crv")))
    if kind not in _KINDS:
        raise ProofInvalid("Only P-256 and Ed25519 keys are accepted.")
    if "d" in jwk:
        raise ProofInvalid("This is a private key.", "Replace the key pair: a private key must never be passed on.")
    return _KINDS[kind]


def _required(jwk: Mapping[str, Any]) -> dict[str, str]:
    coordinates, _ = _kind(jwk)
    members = {"kty": jwk["kty"], "crv": jwk["crv"]}
    for name in coordinates:
        try:
            value = base64url.decode(jwk.get(name, ""))
        except EncodingInvalid as error:
            raise ProofInvalid(f"The key's {name} is not base64url.") from error
        if len(value) != COORDINATE_BYTES:
            raise ProofInvalid(f"The key's {name} is not 32 bytes.")
        members[name] = jwk[name]
    return members


@lru_cache(maxsize=256)
def _load(x: str, y: str | None = None) -> PublicKey:
    """Cached because a service verifies thousands of tokens with a handful of keys."""
    if y is None:
        return Ed25519PublicKey.from_public_bytes(base64url.decode(x))
    point = (int.from_bytes(base64url.decode(x), "big"), int.from_bytes(base64url.decode(y), "big"))
    try:
        return EllipticCurvePublicNumbers(*point, SECP256R1()).public_key()
    except ValueError as error:
        raise ProofInvalid("The key is not a point of P-256.") from error
