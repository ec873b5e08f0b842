"""What protects a keyring file: a key file of 32 random bytes, or a passphrase through Argon2id (RFC 9106).

The key file belongs on another medium than the keyring (a mounted secret, a TPM-sealed file): who holds both holds the keys.
"""

import os
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from chalicelib.domain.errors import Refused

KEY_BYTES: Final = 32
MIN_PASSPHRASE: Final = 12
Random = Callable[[int], bytes]
# RFC 9106, section 4, second recommendation, with one lane: 64 MiB, 3 passes.
_COST: Final = {"memory_kib": 65_536, "passes": 3, "lanes": 1}
# What a file may ask of us: a changed file must not be able to take the host's memory.
_LIMITS: Final = {"memory_kib": (8_192, 1_048_576), "passes": (1, 10), "lanes": (1, 4)}


@dataclass(frozen=True)
class KeyFileMaster:
    """32 bytes that a key file held."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise Refused("master_invalid", f"A key file holds exactly {KEY_BYTES} random bytes.")


@dataclass(frozen=True)
class PassphraseMaster:
    """A passphrase that a person or a secret store gives at each start, of at least 12 characters."""

    passphrase: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.passphrase) < MIN_PASSPHRASE:
            raise Refused("master_invalid", f"The passphrase of a keyring has at least {MIN_PASSPHRASE} characters.")


Master = KeyFileMaster | PassphraseMaster


def read_key_file(path: str) -> KeyFileMaster:
    """The master of a key file. Raises Refused("master_absent"), ("master_open_to_others") and ("master_invalid").

    Reading by the group is allowed: Kubernetes and systemd mount secrets so.
    """
    try:
        with Path(path).open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o007:
                raise Refused(
                    "master_open_to_others", "Everybody on this host can read the key file; take that right away."
                )
            return KeyFileMaster(file.read(KEY_BYTES + 1))
    except OSError as error:
        raise Refused("master_absent", "The key file can't be read.") from error


def new_header(master: Master, random: Random) -> dict[str, Any]:
    """What a new keyring file says of its master: its kind, and for a passphrase the cost and a fresh salt (hex)."""
    if isinstance(master, KeyFileMaster):
        return {"kind": "key_file"}
    return {"kind": "passphrase", **_COST, "salt": random(16).hex()}


def master_key(master: Master, header: dict[str, Any]) -> bytes:
    """32 bytes under which the file's secrets lie. Raises Refused("key_wrong") where the kind differs, ValueError on a bad header."""
    kind = "key_file" if isinstance(master, KeyFileMaster) else "passphrase"
    if header["kind"] != kind:
        raise Refused(
            "key_wrong", f"This keyring opens with another kind of master, not with a {kind.replace('_', ' ')}."
        )
    if isinstance(master, KeyFileMaster):
        return master.secret
    for name, (least, most) in _LIMITS.items():
        if not least <= header[name] <= most:
            raise ValueError(name)
    text = unicodedata.normalize("NFKC", master.passphrase).encode("utf-8")
    return Argon2id(
        salt=bytes.fromhex(header["salt"]),
        length=KEY_BYTES,
        iterations=header["passes"],
        lanes=header["lanes"],
        memory_cost=header["memory_kib"],
    ).derive(text)
