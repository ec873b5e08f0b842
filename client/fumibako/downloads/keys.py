"""From what the server gives to what opens a file: its key, its record, its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fumibako.errors import IntegrityFailed, NotAllowed
from fumibako.messages import text
from fumibako_format.base64url import decode
from fumibako_format.errors import EncodingInvalid, FormatError, KeyMismatch
from fumibako_format.keys import associated_data, file_key
from fumibako_format.record import FileRecord, open_record
from fumibako_format.slots import open_link_slot, open_passphrase_slot
from fumibako_format.streaming import ciphertext_size


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch. ``key`` is None for plain; ``entry`` is the server's answer (spec/api.md, downloads)."""

    entry: dict[str, Any]
    record: FileRecord
    key: bytes | None
    aad: bytes

    @property
    def id(self) -> str:
        """The file's id."""
        return str(self.entry["id"])


def open_slots(
    slots: Sequence[dict[str, Any]], transfer_id: str, *, link_key: str | None, passphrase: str | None
) -> bytes:
    """The transfer key of a sealed transfer. Raises NotAllowed where neither way in was given or none fits."""
    try:
        for slot in slots:
            if slot.get("kind") == "link" and link_key:
                return open_link_slot(slot, decode(link_key), transfer_id)
            if slot.get("kind") == "passphrase" and passphrase:
                return open_passphrase_slot(slot, passphrase, transfer_id)
    except (KeyMismatch, EncodingInvalid) as error:
        raise NotAllowed("key_wrong", text("key_wrong"), text("key_missing_hint")) from error
    raise NotAllowed("key_missing", text("key_missing"), text("key_missing_hint"))


def remote_file(entry: dict[str, Any], transfer_id: str, transfer_key: bytes | None) -> RemoteFile:
    """What an entry says of a file, checked against itself. Raises IntegrityFailed where server and record disagree."""
    aad = associated_data(transfer_id, entry["id"])
    if transfer_key is None and not entry.get("key"):
        record = FileRecord(entry["name"], entry.get("media_type") or "application/octet-stream", entry["size"], None)
        if entry["length"] != record.size:
            raise IntegrityFailed("size_differs", text("size_differs"), text("size_differs_hint"))
        return RemoteFile(entry, record, None, aad)
    key = file_key(transfer_key, entry["id"]) if transfer_key is not None else decode(entry["key"])
    try:
        record = open_record(decode(entry["record"]), file_key=key, file_id=entry["id"])
    except FormatError as error:
        raise IntegrityFailed(error.code, error.message, error.hint) from error
    if record.size != entry["size"] or entry["length"] != ciphertext_size(record.size):
        raise IntegrityFailed("size_differs", text("size_differs"), text("size_differs_hint"))
    return RemoteFile(entry, record, key, aad)
