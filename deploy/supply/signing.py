"""Signing a release: by a key in KMS that never leaves it, or by a key file on a machine without an account."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from deploy.errors import Refused
from deploy.supply.release import ALGORITHMS, FILE, TYPE, Release

_HALF: Final = 32  # bytes of r and of s (RFC 7518, 3.4)


class Signer(Protocol):
    """``sign`` gives the raw JWS signature of ``algorithm`` over the bytes."""

    algorithm: str

    def sign(self, message: bytes) -> bytes: ...


class KeyFile:
    """A private key of P-256 or Ed25519, PEM (PKCS #8). Raises Refused("key_unreadable")."""

    def __init__(self, path: Path) -> None:
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unreadable(path) from error
        self._key = _jose_key(key, path)
        self.algorithm = "Ed25519" if isinstance(self._key, OKPKey) else "ES256"

    def sign(self, message: bytes) -> bytes:
        """By the library's own algorithm."""
        return jws.JWSRegistry(algorithms=[self.algorithm]).get_alg(self.algorithm).sign(message, self._key)


class KmsKey:
    """A KMS key of ECC_NIST_P256 for SIGN_VERIFY; ``kms`` is a boto3 client.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html: the answer is DER, a JWS wants r and s side by side.
    """

    algorithm = "ES256"

    def __init__(self, kms: Any, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def sign(self, message: bytes) -> bytes:
        """One call; the digest alone leaves this machine."""
        signed = self._kms.sign(
            KeyId=self._key_id,
            Message=hashlib.sha256(message).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        r, s = decode_dss_signature(signed["Signature"])
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def kms_client(named: str, profile: str | None) -> tuple[Any, str]:
    """(client, key) of ``kms:KEY``. An ARN says its Region; a bare id is of the profile's. Raises Refused("key_unreadable")."""
    import boto3  # noqa: PLC0415  # only where a key is in KMS

    kind, _, key = named.partition(":")
    if kind != "kms" or not key:
        raise Refused("key_unreadable", f"`{named}` names no key in KMS.", "Write kms:ARN.")
    region = key.split(":")[3] if key.startswith("arn:") else None
    return boto3.Session(profile_name=profile, region_name=region).client("kms"), key


def kms_public_key(named: str, profile: str | None) -> bytes:
    """The public half of ``kms:KEY``, PEM."""
    kms, key = kms_client(named, profile)
    told = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    return told.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def sign_release(folder: Path, release: Release, signer: Signer) -> Path:
    """Write the signed file into the folder; gives its path."""
    if signer.algorithm not in ALGORITHMS:
        raise ValueError(signer.algorithm)
    header = json.dumps({"alg": signer.algorithm, "typ": TYPE}, separators=(",", ":")).encode()
    message = _encoded(header) + b"." + _encoded(msgspec.json.encode(release))
    path = folder / FILE
    path.write_bytes(message + b"." + _encoded(signer.sign(message)) + b"\n")
    return path


def public_key(path: Path) -> ECKey | OKPKey:
    """A public key of P-256 or Ed25519, PEM. Raises Refused("key_unreadable")."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable(path) from error
    return _jose_key(key, path)


def _jose_key(key: object, path: Path) -> ECKey | OKPKey:
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return ECKey.import_key(_pem(key))
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return OKPKey.import_key(_pem(key))
    raise _unreadable(path)


def _pem(key: Any) -> bytes:
    pem = serialization.Encoding.PEM
    if hasattr(key, "private_bytes"):
        plain = serialization.NoEncryption()
        return bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return bytes(key.public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _unreadable(path: Path) -> Refused:
    return Refused(
        "key_unreadable",
        f"{path.name} is no key of P-256 or Ed25519 in PEM.",
        "`openssl genpkey -algorithm ed25519 -out FILE` makes a private one, `openssl pkey -pubout` its public one.",
    )
