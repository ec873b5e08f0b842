"""The file record: name, media type, size and digest of a file, sealed for whoever holds its key.

Plaintext: canonical JSON ``{"v":1,"name","type","size","digest"}`` (digest: base64url or null), padded with spaces to
a multiple of 256 bytes so that the length says little about the name. Sealed: 12 random bytes of nonce, then
AES-256-GCM under the record key with the file id as associated data; at most 4,096 bytes in all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fumibako_format import base64url
from fumibako_format.canonical import MAX_INTEGER, json_text, strict_object
from fumibako_format.digest import DIGEST_BYTES
from fumibako_format.errors import (
    EncodingInvalid,
    IntegrityError,
    LengthError,
    NameInvalid,
    RecordError,
)
from fumibako_format.keys import id_bytes, record_key
from fumibako_format.names import check_name
from fumibako_format.versions import VERSION, check_version

RECORD_LIMIT = 4096
NONCE_BYTES = 12
TAG_BYTES = 16
PADDING = 256
MEDIA_TYPE_LIMIT = 255

_PLAINTEXT_LIMIT = RECORD_LIMIT - NONCE_BYTES - TAG_BYTES


@dataclass(frozen=True)
class FileRecord:
    """What a receiver learns of a file. ``size`` in bytes of plaintext, ``digest`` as digest.file_digest or None."""

    name: str = field(repr=False)
    media_type: str
    size: int
    digest: bytes | None


class RecordCipher:
    """Seals and opens the records of one file; its key is derived once. Raises KeyMismatch, IdInvalid."""

    def __init__(self, file_key: bytes, file_id: str) -> None:
        self._cipher = AESGCM(record_key(file_key, file_id))
        self._id = id_bytes(file_id, "fi")

    def seal(self, record: FileRecord, random: Callable[[int], bytes]) -> bytes:
        """``seal_record``."""
        plaintext = _written(_checked(record.name, record.media_type, record.size, record.digest))
        if len(plaintext) > _PLAINTEXT_LIMIT:
            raise NameInvalid(
                "The name is too long for a file record.", "Shorten the name or its folders.", reason="too_long"
            )
        padded = plaintext.ljust(min(-(-len(plaintext) // PADDING) * PADDING, _PLAINTEXT_LIMIT))
        nonce = random(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, self._id)

    def open(self, sealed: bytes) -> FileRecord:
        """``open_record``."""
        if not NONCE_BYTES + TAG_BYTES < len(sealed) <= RECORD_LIMIT:
            raise LengthError(f"A sealed record is 29 to {RECORD_LIMIT} bytes.")
        try:
            plaintext = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._id)
        except InvalidTag as error:
            raise IntegrityError("The file record does not hold: damaged, or sealed with another key.") from error
        try:
            fields = strict_object(plaintext)
        except EncodingInvalid as error:
            raise RecordError("The file record is not a JSON object.") from error
        check_version(fields, "file record")
        return _checked(fields.get("name"), fields.get("type"), fields.get("size"), _digest(fields.get("digest")))


def seal_record(record: FileRecord, *, file_key: bytes, file_id: str, random: Callable[[int], bytes]) -> bytes:
    """Return the sealed record.

    Raises NameInvalid (a refused name, or one too long for a record), RecordError (another field is wrong).
    """
    return RecordCipher(file_key, file_id).seal(record, random)


def open_record(sealed: bytes, *, file_key: bytes, file_id: str) -> FileRecord:
    """Return the record.

    Raises LengthError (not a possible length), IntegrityError (tag), VersionUnknown, RecordError (shape), NameInvalid
    (a name no writer may use: the sender's program is broken or hostile). Unknown members are ignored.
    """
    return RecordCipher(file_key, file_id).open(sealed)


def _written(record: FileRecord) -> bytes:
    """``canonical_json`` of the five members, whose names and order are known; written a thousand times in one request."""
    digest = "null" if record.digest is None else f'"{base64url.encode(record.digest)}"'
    name, media_type = json_text(record.name), json_text(record.media_type)
    return f'{{"digest":{digest},"name":{name},"size":{record.size},"type":{media_type},"v":{VERSION}}}'.encode()


def _digest(text: Any) -> bytes | None:
    if text is None:
        return None
    try:
        return base64url.decode(text)
    except EncodingInvalid as error:
        raise RecordError("The digest in the file record is not base64url.") from error


def _checked(name: Any, media_type: Any, size: Any, digest: bytes | None) -> FileRecord:
    if not isinstance(name, str):
        raise RecordError("The file record has no name.")
    if not isinstance(media_type, str) or len(media_type) > MEDIA_TYPE_LIMIT or not _printable_ascii(media_type):
        raise RecordError("The media type is up to 255 printable ASCII characters.")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_INTEGER:
        raise RecordError("The size in the file record is not a number of bytes.")
    if digest is not None and len(digest) != DIGEST_BYTES:
        raise RecordError("The digest in the file record is not 32 bytes.")
    return FileRecord(check_name(name), media_type, size, digest)


def _printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()
