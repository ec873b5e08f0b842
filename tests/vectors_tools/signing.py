"""Signed documents built apart from fumibako_format, with keys that come from a seed."""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def canonical(value: object) -> bytes:
    """Enough of RFC 8785 for ASCII keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def ed25519(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


def p256(seed: str) -> EllipticCurvePrivateKey:
    return derive_private_key(int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big"), SECP256R1())


def jwk_of(key: PrivateKey) -> dict[str, str]:
    if isinstance(key, Ed25519PrivateKey):
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": b64(raw)}
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"crv": "P-256", "kty": "EC", "x": b64(point[1:33]), "y": b64(point[33:])}


def alg_of(key: PrivateKey) -> str:
    return "EdDSA" if isinstance(key, Ed25519PrivateKey) else "ES256"


def thumbprint_of(key: PrivateKey) -> str:
    return b64(hashlib.sha256(canonical(jwk_of(key))).digest())


def fingerprint_of(key: PrivateKey) -> str:
    text = thumbprint_of(key)
    return "SHA256:" + ".".join(text[at : at + 4] for at in range(0, 43, 4))


def raw_signature(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    r, s = decode_dss_signature(key.sign(data, ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jws(key: PrivateKey, header: dict[str, Any], payload: bytes) -> str:
    signed = b64(canonical({"alg": alg_of(key)} | header)) + "." + b64(payload)
    return signed + "." + b64(raw_signature(key, signed.encode()))


def key_statement(root: PrivateKey, key: PrivateKey, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    usual = {
        "v": 1,
        "install": "in_01jd8x3v6kf2q9m4n7p0r5s8t0",
        "kid": "proofs-2026",
        "jwk": jwk_of(key),
        "not_before": "2026-01-01T00:00:00.000Z",
        "not_after": "2026-12-31T23:59:59.999Z",
    }
    merged = {name: value for name, value in (usual | claims).items() if value is not None}
    start = {"typ": "fumibako-key-statement+jws", "kid": thumbprint_of(root), "jwk": jwk_of(root)}
    return jws(root, start | (header or {}), canonical(merged))


def tree(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, by its recursion."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH of RFC 6962, by its recursion."""
    if len(leaves) <= 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(leaves[:split], index), tree(leaves[split:])]
    return [*path(leaves[split:], index - split), tree(leaves[:split])]
