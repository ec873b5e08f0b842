"""Keys of a transfer: one random transfer key, and what is derived from it for each file.

    file key   = HKDF-SHA256(transfer key, no salt, "fumibako/file/v1/<file id>")
    record key = HKDF-SHA256(file key, no salt, "fumibako/record/v1/<file id>")

Ids are checked against their pattern before they go into an info or associated data text, so no id can reach into
another's name.
"""

from collections.abc import Callable

from fumibako_format.errors import IdInvalid, KeyMismatch
from fumibako_format.hkdf import hkdf_sha256
from fumibako_format.ids import is_id

KEY_BYTES = 32


def new_transfer_key(random: Callable[[int], bytes]) -> bytes:
    """Draw the 32-byte key of a transfer; ``random(n)`` must return n bytes fit for keys (os.urandom)."""
    return check_key(random(KEY_BYTES))


def file_key(transfer_key: bytes, file_id: str) -> bytes:
    """Return the 32-byte key of a file; raises IdInvalid, KeyMismatch (a key not of 32 bytes)."""
    return hkdf_sha256(check_key(transfer_key), info=b"fumibako/file/v1/" + id_bytes(file_id, "fi"))


def record_key(file_key: bytes, file_id: str) -> bytes:
    """Return the 32-byte key of a file's record; raises IdInvalid, KeyMismatch."""
    return hkdf_sha256(check_key(file_key), info=b"fumibako/record/v1/" + id_bytes(file_id, "fi"))


def associated_data(transfer_id: str, file_id: str) -> bytes:
    """Return ``<transfer id>/<file id>`` in ASCII; raises IdInvalid."""
    return id_bytes(transfer_id, "tr") + b"/" + id_bytes(file_id, "fi")


def check_key(key: bytes) -> bytes:
    """Return ``key`` when it is 32 bytes; raises KeyMismatch. Nothing of the key appears in the error."""
    if len(key) != KEY_BYTES:
        raise KeyMismatch("A key is 32 bytes.")
    return key


def id_bytes(text: str, prefix: str) -> bytes:
    """Return an id as ASCII; raises IdInvalid where it is not one of the kind ``prefix``."""
    if not is_id(text, prefix):
        raise IdInvalid(f"This is not an id that begins with {prefix}_.")
    return text.encode("ascii")
