"""KeyStore over a keyring file: for hosts without a key service.

Seals and keyed hashes use keys derived from the install's secret by HKDF per purpose (and tenant, for seals); AES-256-GCM with random 96-bit
nonces (NIST SP 800-38D allows 2^32 seals for each tenant and purpose). The associated data name tenant, purpose and context.
Processes share the file: it is read again when it was replaced, so a rotation by one is seen by all at their next signature.
"""

import hashlib
import hmac
import json
import os
import threading
from base64 import urlsafe_b64encode
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from chalicelib.adapters.keyring_file import (
    Keyring,
    SigningKey,
    decode_keyring,
    derive,
    encode_keyring,
    locked,
    read_members,
    read_private,
    replace_durably,
)
from chalicelib.adapters.keyring_master import Master, Random, master_key, new_header
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.key_store import MAX_SEALED, Use

DAY_MS: Final = 86_400_000
_VERSION: Final = b"\x01"
_NONCE: Final = 12
# The order of P-256's base point (FIPS 186-5, SP 800-186 3.2.1.3).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ES256: Final = ec.ECDSA(SHA256())


class KeyringKeyStore:
    """Opens an existing file; ``create`` makes one. Raises what keyring_file's readers raise. Safe for threads and after a fork."""

    def __init__(self, path: str, master: Master, *, random: Random = os.urandom) -> None:
        self._path = path
        self._random = random
        self._lock = threading.Lock()
        stamp = self._stamp_of(path, absent_is_away=False)
        members = read_members(read_private(path))
        self._master_key = _checked_master_key(master, members)
        self._open_ring(decode_keyring(members, self._master_key), stamp)
        self._aead = lru_cache(maxsize=4096)(self._derive_aead)
        self._mac_key = lru_cache(maxsize=256)(self._derive_mac_key)

    @classmethod
    def create(cls, path: str, master: Master, *, now: int, random: Random = os.urandom) -> Self:
        """Make the file with a key for each use, unless it is there already; then open it. Two processes at once make one file."""
        with locked(path):
            if not os.path.lexists(path):
                header = new_header(master, random)
                keys = tuple(_new_key(use, now, random) for use in get_args(Use))
                data = encode_keyring(Keyring(header, random(32), keys), master_key(master, header), random)
                replace_durably(path, data)
        return cls(path, master, random=random)

    def rotate(self, use: Use, *, now: int) -> str:
        """Sign with a new key from now on and erase the old one's private half; gives the new ``kid``.

        Public halves stay: proofs are checked years later. Only ``access`` keys retired for a day go, their tokens live 15 minutes.
        """
        with locked(self._path):
            ring = decode_keyring(read_members(read_private(self._path)), self._master_key)
            fresh = _new_key(use, now, self._random)
            kept = tuple(_retired(key, use, now) for key in ring.keys if not _is_forgotten(key, now))
            data = encode_keyring(replace(ring, keys=(fresh, *kept)), self._master_key, self._random)
            replace_durably(self._path, data)
        return fresh.kid

    def seal(self, plaintext: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        if len(plaintext) > MAX_SEALED:
            raise Refused("sealed_too_large", f"At most {MAX_SEALED} bytes can be sealed at once.")
        nonce = self._random(_NONCE)
        sealed = self._aead(purpose, tenant).encrypt(nonce, plaintext, _associated(tenant, purpose, context))
        return _VERSION + nonce + sealed

    def open(self, sealed: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        try:
            if sealed[:1] != _VERSION:
                raise ValueError("version")
            nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
            return self._aead(purpose, tenant).decrypt(nonce, rest, _associated(tenant, purpose, context))
        except (InvalidTag, ValueError):
            # One answer for all: what exactly differed would help only who guesses.
            raise Refused("key_wrong", "These bytes were not sealed for this tenant, purpose and context.") from None

    def mac(self, data: bytes, *, purpose: str) -> bytes:
        return hmac.digest(self._mac_key(purpose), data, "sha256")

    def sign(self, data: bytes, *, use: Use) -> tuple[str, bytes]:
        self._reload_if_replaced()
        kid, private = self._current[use]
        r, s = decode_dss_signature(private.sign(data, _ES256))
        return kid, r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public_keys(self, *, use: Use) -> list[dict[str, Any]]:
        self._reload_if_replaced()
        return [_jwk(key) for key in self._keys if key.use == use]

    def _reload_if_replaced(self) -> None:
        stamp = self._stamp_of(self._path, absent_is_away=True)
        if stamp == self._stamp:
            return
        with self._lock:
            # The stamp is taken before the bytes: a replacement between the two is noticed by the next call.
            self._open_ring(decode_keyring(read_members(read_private(self._path)), self._master_key), stamp)

    def _open_ring(self, ring: Keyring, stamp: tuple[int, int, int]) -> None:
        self._secret = ring.secret
        self._keys = ring.keys
        self._current = {key.use: (key.kid, _private(key.scalar)) for key in ring.keys if key.scalar is not None}
        self._stamp = stamp

    @staticmethod
    def _stamp_of(path: str, *, absent_is_away: bool) -> tuple[int, int, int]:
        try:
            status = Path(path).stat()
        except OSError as error:
            if absent_is_away:
                raise StoreAway("The keyring file can't be read.") from error
            raise Refused("keyring_absent", "There is no keyring file at this place; create one first.") from None
        return status.st_ino, status.st_mtime_ns, status.st_mode

    def _derive_aead(self, purpose: str, tenant: str) -> AESGCM:
        return AESGCM(derive(self._secret, "seal", purpose, tenant))

    def _derive_mac_key(self, purpose: str) -> bytes:
        return derive(self._secret, "mac", purpose)


def _checked_master_key(master: Master, members: dict[str, Any]) -> bytes:
    try:
        return master_key(master, members["master"])
    except (ValueError, KeyError, TypeError):
        raise Refused("keyring_broken", "The keyring file is damaged; put back a copy of it.") from None


def _associated(tenant: str, purpose: str, context: str) -> bytes:
    return json.dumps([tenant, purpose, context]).encode("ascii")


def _new_key(use: str, now: int, random: Random) -> SigningKey:
    # FIPS 186-5 A.2.1: 64 bits more than the order has, so that the remainder is not biased.
    scalar = (int.from_bytes(random(40), "big") % (_ORDER - 1) + 1).to_bytes(32, "big")
    point = _private(scalar).public_key().public_numbers()
    x, y = (_base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
    # RFC 7638: the SHA-256 of the required members in order, without white space.
    thumbprint = hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode("ascii")).digest()
    return SigningKey(use, _base64url(thumbprint), x, y, created_at=now, retired_at=None, scalar=scalar)


def _private(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def _retired(key: SigningKey, use: str, now: int) -> SigningKey:
    return replace(key, retired_at=now, scalar=None) if key.use == use and key.scalar is not None else key


def _is_forgotten(key: SigningKey, now: int) -> bool:
    return key.use == "access" and key.retired_at is not None and key.retired_at < now - DAY_MS


def _jwk(key: SigningKey) -> dict[str, Any]:
    return {"kty": "EC", "crv": "P-256", "x": key.x, "y": key.y, "kid": key.kid, "alg": "ES256", "use": "sig"}


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
