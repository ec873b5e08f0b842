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
from fumibako_format.record import RECORD_LIMIT, RecordCipher
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
            _check_record(entry, one, transfer_class, key=key)
        with findings.at(f"/files/{n}/checksum"):
            _check_checksum(one)
        with findings.at(f"/files/{n}/header"):
            _check_header(entry, one)
        named[one.id] = entry.changed(
            record=entry.record if one.record is None else one.record,
            checksum=entry.checksum if one.checksum is None else one.checksum,
            header=entry.header if one.header is None else one.header,
            named=True,
        )
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


def _check_record(entry: FileEntry, done: FileDone, transfer_class: TransferClass, *, key: bytes | None) -> None:
    if transfer_class is TransferClass.PLAIN:
        if done.record is not None:
            raise Refused("record_wrong", "A plain file has no record.")
        return
    if done.record is None or not LEAST_RECORD <= len(done.record) <= RECORD_LIMIT:
        raise Refused("record_wrong", f"A file record has {LEAST_RECORD} to {RECORD_LIMIT} bytes.")
    if key is not None:
        _compare(entry, done.record, key)


def _compare(entry: FileEntry, record: bytes, key: bytes) -> None:
    """The client's record must say what was announced, or receivers would be shown another name than the sender's list."""
    if len(record) > len(entry.record or b"") + RECORD_GROWTH:
        raise Refused("record_wrong", "The file record is longer than its name and type need.")
    cipher = RecordCipher(file_key(key, entry.id), entry.id)
    try:
        given = cipher.open(record)
    except FormatError as error:
        raise Refused("record_wrong", error.message) from error
    announced = cipher.open(entry.record or b"")
    if given.name != announced.name:
        raise Refused("name_differs", "The name in the record is not the one that was announced.")
    if given.size != entry.size:
        raise Refused("size_differs", "The size in the record is not the one that was announced.")


def _check_checksum(done: FileDone) -> None:
    if done.checksum is None:
        return
    if not 1 <= len(done.checksum) <= CHECKSUM_CHARACTERS or not all("!" <= one <= "~" for one in done.checksum):
        raise Refused("checksum_invalid", f"A checksum has 1 to {CHECKSUM_CHARACTERS} visible ASCII characters.")


def _check_header(entry: FileEntry, done: FileDone) -> None:
    if done.header is None:
        return
    if len(done.header) != HEADER_BYTES:
        raise Refused("header_wrong", f"A header has {HEADER_BYTES} bytes.")
    require_same_headers([(entry.header, done.header)])
