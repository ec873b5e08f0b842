"""KeyStore over AWS KMS: no key of ours ever leaves the service.

Seals are envelopes: GenerateDataKey under the sealing key, with tenant, purpose and the SHA-256 of the context as encryption context (CloudTrail
shows an encryption context in plain, so the context itself stays out of it), then AES-256-GCM here. Form: 0x01, length of the encrypted data
key (2 bytes, big endian), the first 8 bytes of its SHA-256, the encrypted data key, 12 bytes nonce, ciphertext and tag.
Keyed hashes are GenerateMac (HMAC_256) over purpose and SHA-256 of the data: KMS takes 4,096 bytes of message at most.
Signatures are Sign with ECC_NIST_P256 keys; KMS answers in DER, JWS wants r || s.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chalicelib.adapters.aws_errors import error_code, is_away
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.key_store import MAX_SEALED, Use

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_RAW_MESSAGE: Final = 4_096
# What KMS says of a blob that it did not make, or made under another key or encryption context.
_WRONG: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
# Macs that are names of counters and open nothing: these alone are remembered. A wrong try and its taking back ask for the same one, and so does every
# request of an address.
NAMES: Final = frozenset({"attempts", "rate/address"})
_REMEMBERED: Final = 4_096


class KMSKeyStore:
    """``client`` is a boto3 KMS client; key ids or ARNs, never aliases, because a moved alias would change every mac.

    ``signing_keys`` names the keys of each use, the current one first, then those retired whose signatures are still checked.
    """

    def __init__(
        self,
        client: Any,
        *,
        sealing_key: str,
        mac_key: str,
        signing_keys: Mapping[Use, Sequence[str]],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._client = client
        self._sealing_key = sealing_key
        self._mac_key = mac_key
        self._signing_keys = {use: tuple(ids) for use, ids in signing_keys.items()}
        self._random = random
        # A public key never changes, and GetPublicKey has a quota.
        self._jwk = cache(self._fetch_jwk)
        self._name = lru_cache(maxsize=_REMEMBERED)(self._made_mac)

    def seal(self, plaintext: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        if len(plaintext) > MAX_SEALED:
            raise Refused("sealed_too_large", f"At most {MAX_SEALED} bytes can be sealed at once.")
        with _translated():
            made = self._client.generate_data_key(
                KeyId=self._sealing_key,
                KeySpec="AES_256",
                EncryptionContext=_encryption_context(tenant, purpose, context),
            )
        wrapped: bytes = made["CiphertextBlob"]
        nonce = self._random(_NONCE)
        sealed = AESGCM(made["Plaintext"]).encrypt(nonce, plaintext, _associated(tenant, purpose, context))
        return _VERSION + len(wrapped).to_bytes(2, "big") + _checksum(wrapped) + wrapped + nonce + sealed

    def open(self, sealed: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        wrapped, nonce, rest = _parted(sealed)
        with _translated():
            opened = self._client.decrypt(
                KeyId=self._sealing_key,
                CiphertextBlob=wrapped,
                EncryptionContext=_encryption_context(tenant, purpose, context),
            )
        try:
            return AESGCM(opened["Plaintext"]).decrypt(nonce, rest, _associated(tenant, purpose, context))
        except (InvalidTag, ValueError):
            raise _key_wrong() from None

    def mac(self, data: bytes, *, purpose: str) -> bytes:
        message = json.dumps(["fumibako/mac/v1", purpose, hashlib.sha256(data).hexdigest()]).encode("ascii")
        return self._name(message) if purpose in NAMES else self._made_mac(message)

    def _made_mac(self, message: bytes) -> bytes:
        with _translated():
            made = self._client.generate_mac(KeyId=self._mac_key, MacAlgorithm="HMAC_SHA_256", Message=message)
        return bytes(made["Mac"])

    def sign(self, data: bytes, *, use: Use) -> tuple[str, bytes]:
        key = self._signing_keys[use][0]
        raw = 0 < len(data) <= _RAW_MESSAGE
        with _translated():
            made = self._client.sign(
                KeyId=key,
                # KMS hashes up to 4,096 bytes itself; beyond (and for nothing at all) it takes the hash.
                Message=data if raw else hashlib.sha256(data).digest(),
                MessageType="RAW" if raw else "DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        r, s = decode_dss_signature(made["Signature"])
        return str(self._jwk(key)["kid"]), r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public_keys(self, *, use: Use) -> list[dict[str, Any]]:
        return [dict(self._jwk(key)) for key in self._signing_keys[use]]

    def _fetch_jwk(self, key: str) -> dict[str, Any]:
        with _translated():
            answer = self._client.get_public_key(KeyId=key)
        public = load_der_public_key(answer["PublicKey"])
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            raise TypeError("A signing key of this install is not of the spec ECC_NIST_P256.")
        point = public.public_numbers()
        x, y = (_base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
        # RFC 7638: the SHA-256 of the required members in order, without white space.
        thumbprint = hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode("ascii")).digest()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": x,
            "y": y,
            "kid": _base64url(thumbprint),
            "alg": "ES256",
            "use": "sig",
        }


@contextmanager
def _translated() -> Iterator[None]:
    """The one place where an SDK error becomes ours; what is not known here passes up."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if is_away(error):
            raise StoreAway("The key service does not answer.") from error
        if error_code(error) in _WRONG:
            raise _key_wrong() from error
        raise


def _parted(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    """Encrypted data key, nonce, ciphertext. Raises Refused("key_wrong").

    The checksum finds changed bytes before KMS does, which may answer AccessDenied for a key id that it reads in them.
    """
    length = int.from_bytes(sealed[1:3], "big")
    checksum, wrapped, rest = sealed[3:11], sealed[11 : 11 + length], sealed[11 + length :]
    if sealed[:1] != _VERSION or not wrapped or _checksum(wrapped) != checksum:
        raise _key_wrong()
    return wrapped, rest[:_NONCE], rest[_NONCE:]


def _checksum(wrapped: bytes) -> bytes:
    return hashlib.sha256(wrapped).digest()[:8]


def _key_wrong() -> Refused:
    return Refused("key_wrong", "These bytes were not sealed for this tenant, purpose and context.")


def _encryption_context(tenant: str, purpose: str, context: str) -> dict[str, str]:
    hashed = hashlib.sha256(json.dumps(context).encode("ascii")).hexdigest()
    return {"tenant": tenant, "purpose": purpose, "context-sha256": hashed}


def _associated(tenant: str, purpose: str, context: str) -> bytes:
    return json.dumps([tenant, purpose, context]).encode("ascii")


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
