"""A key store in memory: real cryptography, keys derived from a seed, and counters that tests may read."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections import Counter
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from chalicelib.domain.errors import Refused
from chalicelib.ports.key_store import MAX_SEALED, Use

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class FakeKeyStore:
    """``calls`` counts by method name; ``fault`` is raised by every call; two stores of one seed agree.

    Sealed bytes differ each time by a counter, so a run is repeatable. ``rotate`` retires the current key of a use.
    """

    def __init__(self, seed: bytes = b"fake key store") -> None:
        self.seed = seed
        self.calls: Counter[str] = Counter()
        self.fault: Exception | None = None
        self.generations: Counter[str] = Counter()
        self.sealed_so_far = 0

    def seal(self, plaintext: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        self._called("seal")
        if len(plaintext) > MAX_SEALED:
            raise Refused("sealed_too_large", f"At most {MAX_SEALED} bytes can be sealed at once.")
        self.sealed_so_far += 1
        nonce = self._derive("nonce", str(self.sealed_so_far), hashlib.sha256(plaintext).hexdigest())[:12]
        key = self._derive("seal", purpose, tenant)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, _joined(tenant, purpose, context))

    def open(self, sealed: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        self._called("open")
        try:
            key = self._derive("seal", purpose, tenant)
            return AESGCM(key).decrypt(sealed[:12], sealed[12:], _joined(tenant, purpose, context))
        except (InvalidTag, ValueError):
            raise Refused(
                "key_wrong",
                "These bytes were not sealed for this tenant, purpose and context.",
            ) from None

    def mac(self, data: bytes, *, purpose: str) -> bytes:
        self._called("mac")
        return hmac.digest(self._derive("mac", purpose), data, "sha256")

    def sign(self, data: bytes, *, use: Use) -> tuple[str, bytes]:
        self._called("sign")
        key = self._private(use, self.generations[use])
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return str(_jwk(key)["kid"]), r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public_keys(self, *, use: Use) -> list[dict[str, Any]]:
        self._called("public_keys")
        return [_jwk(self._private(use, generation)) for generation in range(self.generations[use], -1, -1)]

    def rotate(self, use: Use) -> None:
        """The next signature is made with a new key; the old one stays among the public keys."""
        self.generations[use] += 1

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        if self.fault is not None:
            raise self.fault

    def _derive(self, *names: str) -> bytes:
        return hmac.digest(self.seed, _joined(*names), "sha256")

    def _private(self, use: Use, generation: int) -> ec.EllipticCurvePrivateKey:
        number = int.from_bytes(self._derive("sign", use, str(generation)), "big")
        return ec.derive_private_key(number % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _joined(*names: str) -> bytes:
    return json.dumps(names).encode("ascii")


def _jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    point = key.public_key().public_numbers()
    required = {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(point.x),
        "y": _base64url(point.y),
    }
    # RFC 7638: the SHA-256 of the required members, sorted, without white space.
    thumbprint = hashlib.sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {
        **required,
        "kid": urlsafe_b64encode(thumbprint).rstrip(b"=").decode(),
        "alg": "ES256",
        "use": "sig",
    }


def _base64url(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
