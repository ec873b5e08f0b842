"""The keyring file: one JSON document of mode 0600, replaced as a whole and never changed in place.

Members: ``format``, ``version`` (1; another one is refused), ``master`` (keyring_master.new_header), ``secret`` (the install's secret, under
which everything else is derived), ``keys`` (signing keys), ``mac``. Bytes are base64. Secrets lie sealed by AES-256-GCM as nonce || ciphertext || tag
under a key derived from the master; ``mac`` is HMAC-SHA-256 over the canonical rest, so that nobody without the master can swap a public key.
"""

import base64
import errno
import fcntl
import hmac
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.adapters.keyring_master import Random
from chalicelib.domain.errors import Refused, StoreFull

FORMAT: Final = "fumibako-keyring"
VERSION: Final = 1


@dataclass(frozen=True)
class SigningKey:
    """A P-256 key of one use; times in ms. ``scalar`` (32 bytes) is erased when the key retires: nothing more is signed with it."""

    use: str
    kid: str
    x: str
    y: str
    created_at: int
    retired_at: int | None
    scalar: bytes | None = field(repr=False)


@dataclass(frozen=True)
class Keyring:
    """What the file holds, opened. ``secret`` is 32 bytes."""

    header: dict[str, Any]
    secret: bytes = field(repr=False)
    keys: tuple[SigningKey, ...]


def derive(secret: bytes, *names: str) -> bytes:
    """A 32-byte key for these names (HKDF-SHA-256, RFC 5869); a JSON list, so that no two lists of names meet."""
    return HKDF(SHA256(), 32, None, json.dumps(["fumibako/keyring/v1", *names]).encode("ascii")).derive(secret)


def encode_keyring(keyring: Keyring, key: bytes, random: Random) -> bytes:
    """The file's bytes under a master key."""
    members = {
        "format": FORMAT,
        "version": VERSION,
        "master": keyring.header,
        "secret": _sealed(keyring.secret, key, random, "secret"),
        "keys": [_encode_key(each, key, random) for each in keyring.keys],
    }
    return json.dumps({**members, "mac": _mac(members, key)}, indent=1).encode("ascii") + b"\n"


def read_members(data: bytes) -> dict[str, Any]:
    """The members before anything is opened. Raises Refused("keyring_broken") and ("keyring_version")."""
    try:
        members: dict[str, Any] = json.loads(data)
        if members["format"] != FORMAT:
            raise ValueError(FORMAT)
        if members["version"] != VERSION:
            raise Refused(
                "keyring_version", "This keyring was written by another version; use that version, or a newer one."
            )
        return members
    except (ValueError, KeyError, TypeError):
        raise Refused("keyring_broken", "The keyring file is damaged; put back a copy of it.") from None


def decode_keyring(members: dict[str, Any], key: bytes) -> Keyring:
    """Raises Refused("key_wrong") when the master is another one, Refused("keyring_broken") when the file was changed."""
    try:
        secret = _opened(members["secret"], key, "secret")
    except InvalidTag:
        raise Refused("key_wrong", "This keyring was made with another master key or passphrase.") from None
    try:
        rest = {name: value for name, value in members.items() if name != "mac"}
        if not hmac.compare_digest(_mac(rest, key), members["mac"]):
            raise ValueError("mac")
        return Keyring(members["master"], secret, tuple(_decode_key(each, key) for each in members["keys"]))
    except (ValueError, KeyError, TypeError, InvalidTag):
        raise Refused("keyring_broken", "The keyring file was changed outside; put back a copy of it.") from None


def read_private(path: str) -> bytes:
    """The file's bytes. Raises Refused("keyring_open_to_others") and ("keyring_absent")."""
    try:
        with Path(path).open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Refused(
                    "keyring_open_to_others", "Others on this host can read the keyring file; set its mode to 0600."
                )
            return file.read()
    except FileNotFoundError:
        raise Refused("keyring_absent", "There is no keyring file at this place; create one first.") from None


def replace_durably(path: str, data: bytes) -> None:
    """Old or new, never a mixture, and the new one for good when this returns. The caller holds ``locked``. Raises StoreFull."""
    fresh = f"{path}.new"
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).rename(path)
        folder = os.open(Path(path).parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull("There is no room for the keyring file.") from error
        raise


@contextmanager
def locked(path: str) -> Iterator[None]:
    """One writer at a time, over threads and processes of this host; the lock file stays, because removing it would race."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _encode_key(each: SigningKey, key: bytes, random: Random) -> dict[str, Any]:
    scalar = None if each.scalar is None else _sealed(each.scalar, key, random, each.kid)
    times = {"created_at": each.created_at, "retired_at": each.retired_at}
    return {"use": each.use, "kid": each.kid, "x": each.x, "y": each.y, **times, "scalar": scalar}


def _decode_key(fields: dict[str, Any], key: bytes) -> SigningKey:
    scalar = None if fields["scalar"] is None else _opened(fields["scalar"], key, fields["kid"])
    return SigningKey(**{**fields, "scalar": scalar})


def _mac(members: dict[str, Any], key: bytes) -> str:
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode("ascii")
    return base64.b64encode(hmac.digest(derive(key, "file"), canonical, "sha256")).decode("ascii")


def _sealed(plaintext: bytes, key: bytes, random: Random, name: str) -> str:
    nonce = random(12)
    sealed = AESGCM(derive(key, "seal")).encrypt(nonce, plaintext, name.encode("ascii"))
    return base64.b64encode(nonce + sealed).decode("ascii")


def _opened(text: str, key: bytes, name: str) -> bytes:
    sealed = base64.b64decode(text)
    return AESGCM(derive(key, "seal")).decrypt(sealed[:12], sealed[12:], name.encode("ascii"))
