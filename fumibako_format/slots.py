"""Key slots of sealed transfers: each wraps the transfer key for one way in, a link or a passphrase.

A secret S (the 32-byte key in a link's fragment, or Argon2id of a passphrase) gives 64 bytes by HKDF-SHA256 with the
info of its kind: the first 32 are the AES-256-GCM key that wraps, the last 32 the key commitment, which is compared
before anything is opened. Without it one crafted slot could open under two keys (AES-GCM does not bind its key).
Associated data: ``fumibako/slot/v1/<kind>/<transfer id>``. Bytes are base64url in the JSON.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from fumibako_format import base64url
from fumibako_format.errors import (
    EncodingInvalid,
    IntegrityError,
    KeyMismatch,
    PassphraseInvalid,
    RecordError,
)
from fumibako_format.hkdf import hkdf_sha256
from fumibako_format.keys import KEY_BYTES, check_key, id_bytes
from fumibako_format.versions import VERSION, check_version

SALT_BYTES = 16
NONCE_BYTES = 12
WRAPPED_BYTES = 48

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINK_WRAP = b"fumibako/link-wrap/v1"
_PASSPHRASE_WRAP = b"fumibako/passphrase-wrap/v1"
_PASSPHRASE_AUTH = b"fumibako/passphrase-auth/v1"


@dataclass(frozen=True)
class Argon2Parameters:
    """Cost of Argon2id (RFC 9106): ``memory_kib`` in KiB, passes, lanes. Raises RecordError outside what is accepted.

    The bounds keep a hostile slot from making a reader weak (too little) or from exhausting it (too much).
    """

    memory_kib: int
    passes: int
    lanes: int

    def __post_init__(self) -> None:
        _check_range("m", self.memory_kib, 19 * 1024, 1024 * 1024)
        _check_range("t", self.passes, 1, 10)
        _check_range("p", self.lanes, 1, 4)


def _check_range(name: str, value: Any, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise RecordError(f"The slot's Argon2id parameter {name} is not from {least} to {most}.")


DEFAULT_ARGON2 = Argon2Parameters(memory_kib=64 * 1024, passes=3, lanes=1)


def link_slot(transfer_key: bytes, transfer_id: str, random: Callable[[int], bytes]) -> tuple[dict[str, Any], bytes]:
    """Return a new slot and the 32-byte link key that opens it; raises KeyMismatch, IdInvalid."""
    link_key = check_key(random(KEY_BYTES))
    return _wrap("link", transfer_key, transfer_id, _derive(link_key, _LINK_WRAP), random), link_key


def open_link_slot(slot: Mapping[str, Any], link_key: bytes, transfer_id: str) -> bytes:
    """Return the transfer key.

    Raises VersionUnknown, RecordError (shape), KeyMismatch (another link's key), IntegrityError (slot damaged or of
    another transfer), IdInvalid.
    """
    _check_kind(slot, "link")
    return _unwrap("link", slot, transfer_id, _derive(check_key(link_key), _LINK_WRAP))


def passphrase_slot(
    transfer_key: bytes,
    transfer_id: str,
    passphrase: str,
    random: Callable[[int], bytes],
    *,
    params: Argon2Parameters = DEFAULT_ARGON2,
) -> tuple[dict[str, Any], bytes]:
    """Return a new slot and the 32 bytes that prove the passphrase to the server, which stores them hashed.

    ``params`` are the sender's own choice and MUST NOT come from a server. Raises PassphraseInvalid, KeyMismatch,
    IdInvalid.
    """
    salt = random(SALT_BYTES)
    secret = _stretch(passphrase, salt, params)
    slot = _wrap("passphrase", transfer_key, transfer_id, _derive(secret, _PASSPHRASE_WRAP), random)
    slot |= {"salt": base64url.encode(salt), "m": params.memory_kib, "t": params.passes, "p": params.lanes}
    return slot, hkdf_sha256(secret, info=_PASSPHRASE_AUTH)


def passphrase_auth(slot: Mapping[str, Any], passphrase: str) -> bytes:
    """Return the 32 bytes that prove the passphrase to the server.

    Needs only v, kind, salt, m, t and p of the slot: a server may keep the rest back until the proof was given. Raises
    VersionUnknown, RecordError, PassphraseInvalid.
    """
    return hkdf_sha256(_secret_of(slot, passphrase), info=_PASSPHRASE_AUTH)


def open_passphrase_slot(slot: Mapping[str, Any], passphrase: str, transfer_id: str) -> bytes:
    """Return the transfer key; raises as open_link_slot does, and PassphraseInvalid."""
    return _unwrap("passphrase", slot, transfer_id, _derive(_secret_of(slot, passphrase), _PASSPHRASE_WRAP))


def _secret_of(slot: Mapping[str, Any], passphrase: str) -> bytes:
    _check_kind(slot, "passphrase")
    params = Argon2Parameters(*(_member(slot, name) for name in ("m", "t", "p")))
    return _stretch(passphrase, _bytes_of(slot, "salt", SALT_BYTES), params)


def _stretch(passphrase: str, salt: bytes, params: Argon2Parameters) -> bytes:
    """Argon2id of the passphrase in NFKC, so that full-width and half-width typing give the same."""
    # Looked for first: a UnicodeEncodeError would carry the passphrase along in the exception.
    if _SURROGATE.search(passphrase):
        raise PassphraseInvalid("The passphrase is not valid Unicode text.")
    text = unicodedata.normalize("NFKC", passphrase)
    if not text.strip():
        raise PassphraseInvalid("The passphrase is empty.")
    argon2 = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=params.passes, lanes=params.lanes, memory_cost=params.memory_kib
    )
    return argon2.derive(text.encode("utf-8"))


def _derive(secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    both = hkdf_sha256(secret, info=info, length=2 * KEY_BYTES)
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _wrap(
    kind: str, transfer_key: bytes, transfer_id: str, keys: tuple[bytes, bytes], random: Callable[[int], bytes]
) -> dict[str, Any]:
    wrap_key, commitment = keys
    nonce = random(NONCE_BYTES)
    wrapped = AESGCM(wrap_key).encrypt(nonce, check_key(transfer_key), _aad(kind, transfer_id))
    return {
        "v": VERSION,
        "kind": kind,
        "nonce": base64url.encode(nonce),
        "wrapped": base64url.encode(wrapped),
        "commitment": base64url.encode(commitment),
    }


def _unwrap(kind: str, slot: Mapping[str, Any], transfer_id: str, keys: tuple[bytes, bytes]) -> bytes:
    wrap_key, commitment = keys
    if not hmac.compare_digest(commitment, _bytes_of(slot, "commitment", KEY_BYTES)):
        raise KeyMismatch("This key or passphrase is not the one this transfer was sealed with.")
    nonce, wrapped = _bytes_of(slot, "nonce", NONCE_BYTES), _bytes_of(slot, "wrapped", WRAPPED_BYTES)
    try:
        return AESGCM(wrap_key).decrypt(nonce, wrapped, _aad(kind, transfer_id))
    except InvalidTag as error:
        raise IntegrityError("The key slot does not hold: damaged, or of another transfer.") from error


def _aad(kind: str, transfer_id: str) -> bytes:
    return f"fumibako/slot/v1/{kind}/".encode("ascii") + id_bytes(transfer_id, "tr")


def _check_kind(slot: Mapping[str, Any], kind: str) -> None:
    check_version(slot, "key slot")
    if _member(slot, "kind") != kind:
        raise RecordError(f"This is not a key slot of the kind {kind}.")


def _member(slot: Mapping[str, Any], name: str) -> Any:
    if name not in slot:
        raise RecordError(f"The key slot has no member {name}.")
    return slot[name]


def _bytes_of(slot: Mapping[str, Any], name: str, length: int) -> bytes:
    try:
        value = base64url.decode(_member(slot, name))
    except EncodingInvalid as error:
        raise RecordError(f"The key slot's {name} is not base64url.") from error
    if len(value) != length:
        raise RecordError(f"The key slot's {name} is not {length} bytes.")
    return value
