"""Checks of files that a client says are sent: record, size, checksum, header. Every problem is listed; nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.files import FileEntry
from chalicelib.domain.findings import Findings
from chalicelib.domain.transfer import TransferClass
from chalicelib.use_cases.sending.issue_part_urls import require_same_headers
from chalicelib.use_cases.sending.plan_files import RECORD_GROWTH
from fumibako_format.errors import FormatError
from fumibako_format.keys import file_key
from fumibako_format.parts import plan_parts
from fumibako_format.record import RECORD_LIMIT, open_record
from fumibako_format.streaming import HEADER_BYTES, ciphertext_size

LEAST_RECORD = 29
CHECKSUM_CHARACTERS = 128


@dataclass(frozen=True)
class FileDone:
    """What a client says of one file: ``record`` sealed bytes, ``size`` plaintext where it was unknown, ``header`` the 40 bytes."""

    id: str
    record: bytes | None = None
    size: int | None = None
    checksum: str | None = None
    header: bytes | None = None


def check_done(
    files: Sequence[FileEntry], done: Sequence[FileDone], transfer_class: TransferClass, *, key: bytes | None
) -> dict[str, FileEntry]:
    """The entries, named, by id. ``key`` is the transfer key of a managed transfer."""
    entries: Mapping[str, FileEntry] = {one.id: one for one in files}
    findings = Findings()
    named: dict[str, FileEntry] = {}
    for n, one in enumerate(done):
        entry = entries[one.id]
        with findings.at(f"/files/{n}/size"):
            entry = _sized(entry, one, transfer_class)
        with findings.at(f"/files/{n}/record"):
            entry = _recorded(entry, one, transfer_class, key=key)
        with findings.at(f"/files/{n}/checksum"):
            entry = _summed(entry, one)
        with findings.at(f"/files/{n}/header"):
            entry = _headed(entry, one)
        named[one.id] = replace(entry, named=True)
    findings.require_none()
    return named


def _sized(entry: FileEntry, done: FileDone, transfer_class: TransferClass) -> FileEntry:
    if entry.size is not None:
        if done.size is not None and done.size != entry.size:
            raise Refused("size_differs", f"This file was announced with {entry.size} bytes.")
        return entry
    if done.size is None:
        raise Refused("size_missing", "The size of this file was unknown; give it now.")
    try:
        length = done.size if transfer_class is TransferClass.PLAIN else ciphertext_size(done.size)
        plan_parts(None).closed(length)
    except FormatError as error:
        raise Refused("size_invalid", error.message) from error
    return replace(entry, size=done.size, length=length)


def _recorded(entry: FileEntry, done: FileDone, transfer_class: TransferClass, *, key: bytes | None) -> FileEntry:
    if transfer_class is TransferClass.PLAIN:
        if done.record is not None:
            raise Refused("record_wrong", "A plain file has no record.")
        return entry
    if done.record is None or not LEAST_RECORD <= len(done.record) <= RECORD_LIMIT:
        raise Refused("record_wrong", f"A file record has {LEAST_RECORD} to {RECORD_LIMIT} bytes.")
    if key is not None:
        _compare(entry, done.record, key)
    return replace(entry, record=done.record)


def _compare(entry: FileEntry, record: bytes, key: bytes) -> None:
    """The client's record must say what was announced, or receivers would be shown another name than the sender's list."""
    own_key = file_key(key, entry.id)
    if len(record) > len(entry.record or b"") + RECORD_GROWTH:
        raise Refused("record_wrong", "The file record is longer than its name and type need.")
    try:
        given = open_record(record, file_key=own_key, file_id=entry.id)
    except FormatError as error:
        raise Refused("record_wrong", error.message) from error
    announced = open_record(entry.record or b"", file_key=own_key, file_id=entry.id)
    if given.name != announced.name:
        raise Refused("name_differs", "The name in the record is not the one that was announced.")
    if given.size != entry.size:
        raise Refused("size_differs", "The size in the record is not the one that was announced.")


def _summed(entry: FileEntry, done: FileDone) -> FileEntry:
    if done.checksum is None:
        return entry
    if not 1 <= len(done.checksum) <= CHECKSUM_CHARACTERS or not all("!" <= one <= "~" for one in done.checksum):
        raise Refused("checksum_invalid", f"A checksum has 1 to {CHECKSUM_CHARACTERS} visible ASCII characters.")
    return replace(entry, checksum=done.checksum)


def _headed(entry: FileEntry, done: FileDone) -> FileEntry:
    if done.header is None:
        return entry
    if len(done.header) != HEADER_BYTES:
        raise Refused("header_wrong", f"A header has {HEADER_BYTES} bytes.")
    require_same_headers([(entry.header, done.header)])
    return replace(entry, header=done.header)
