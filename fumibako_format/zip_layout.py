"""Where everything lies in a zip of stored entries, known before its first byte: for answers with an exact length and ranges.

APPNOTE 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): names are UTF-8 with the EFS bit (general purpose bit 11); the
CRC follows each entry in a data descriptor (bit 3), because it is known only then; zip64 fields (4.5.3) stand where a size, an offset or
the count of entries needs them, and only there. The page's own zips (web/src/engine/download/zip.ts) are laid out alike.

    local header | content | descriptor | local header | content | descriptor | ... | directory
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from fumibako_format.errors import LengthError
from fumibako_format.normal_form import normal_form

MEMBERS_LIMIT: Final = 65_534
_FLAGS: Final = 0x0808
_PLAIN_VERSION: Final = 20
_ZIP64_VERSION: Final = 45
_MADE_BY_UNIX: Final = 3 << 8
_REGULAR_FILE: Final = 0o100644 << 16
_LIMIT_32: Final = 0xFFFFFFFF
_LOCAL: Final = struct.Struct("<IHHHIIIIHH")
_CENTRAL: Final = struct.Struct("<IHHHHIIIIHHHHHII")
_END: Final = struct.Struct("<IHHHHIIH")
_END64: Final = struct.Struct("<IQHHIIQQQQ")
_LOCATOR: Final = struct.Struct("<IIQI")

PieceKind = Literal["local", "content", "descriptor", "directory"]


@dataclass(frozen=True)
class ZipMember:
    """``path``: relative, ``/`` between segments, safe and unlike every other (``names.safe_paths``). ``size`` in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class ZipPiece:
    """``length`` bytes of the zip from ``start``; ``member`` is the index of the entry it belongs to (-1: the directory)."""

    kind: PieceKind
    member: int
    start: int
    length: int


class ZipLayout:
    """The pieces of the zip of ``members``; ``modified`` (ms since the epoch) is shown as every entry's time, in UTC.

    Raises LengthError for more than 65,534 members: a transfer has 10,000 files at most.
    """

    def __init__(self, members: Sequence[ZipMember], *, modified: int) -> None:
        if len(members) > MEMBERS_LIMIT:
            raise LengthError(f"A zip of ours has at most {MEMBERS_LIMIT} files.", "Take fewer files at a time.")
        self.members = tuple(members)
        self._names = [normal_form("NFC", member.path).encode() for member in members]
        self._time = _dos_time(modified)
        self._offsets: list[int] = []
        self.pieces = tuple(self._laid_out())
        self.length = self.pieces[-1].start + self.pieces[-1].length

    def local_header(self, member: int) -> bytes:
        """What stands before an entry's content. A large entry's sizes have a zip64 field, so that readers expect a descriptor of 8-byte sizes."""
        name, large = self._names[member], self._large(member)
        version, shown = (_ZIP64_VERSION, _LIMIT_32) if large else (_PLAIN_VERSION, 0)
        size = self.members[member].size
        extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
        head = (0x04034B50, version, _FLAGS, 0, self._time, 0, shown, shown, len(name), len(extra))
        return _LOCAL.pack(*head) + name + extra

    def descriptor(self, member: int, crc: int) -> bytes:
        """What stands behind an entry's content."""
        size = self.members[member].size
        return struct.pack("<IIQQ" if self._large(member) else "<IIII", 0x08074B50, crc, size, size)

    def directory(self, crcs: Sequence[int]) -> bytes:
        """The central directory and the end of the zip; ``crcs`` in the order of the members."""
        entries = b"".join(self._central(member, crc) for member, crc in enumerate(crcs))
        return entries + self._end(len(entries), self.pieces[-1].start)

    def _laid_out(self) -> list[ZipPiece]:
        pieces: list[ZipPiece] = []
        at = 0
        for member, (name, entry) in enumerate(zip(self._names, self.members, strict=True)):
            large = self._large(member)
            self._offsets.append(at)
            lengths = (_LOCAL.size + len(name) + (20 if large else 0), entry.size, 24 if large else 16)
            kinds: tuple[PieceKind, ...] = ("local", "content", "descriptor")
            for kind, length in zip(kinds, lengths, strict=True):
                pieces.append(ZipPiece(kind, member, at, length))
                at += length
        entries = sum(_CENTRAL.size + len(name) + len(self._extra(n)) for n, name in enumerate(self._names))
        pieces.append(ZipPiece("directory", -1, at, entries + len(self._end(entries, at))))
        return pieces

    def _central(self, member: int, crc: int) -> bytes:
        name, extra = self._names[member], self._extra(member)
        version = _ZIP64_VERSION if extra else _PLAIN_VERSION
        size, offset = min(self.members[member].size, _LIMIT_32), min(self._offsets[member], _LIMIT_32)
        head = (0x02014B50, _MADE_BY_UNIX | version, version, _FLAGS, 0, self._time, crc, size, size)
        return _CENTRAL.pack(*head, len(name), len(extra), 0, 0, 0, _REGULAR_FILE, offset) + name + extra

    def _extra(self, member: int) -> bytes:
        size, offset = self.members[member].size, self._offsets[member]
        values = ([size, size] if size >= _LIMIT_32 else []) + ([offset] if offset >= _LIMIT_32 else [])
        return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""

    def _end(self, length: int, start: int) -> bytes:
        count = len(self.members)
        end = _END.pack(0x06054B50, 0, 0, count, count, min(length, _LIMIT_32), min(start, _LIMIT_32), 0)
        if max(length, start) < _LIMIT_32:
            return end
        versions = (_MADE_BY_UNIX | _ZIP64_VERSION, _ZIP64_VERSION)
        end64 = _END64.pack(0x06064B50, 44, *versions, 0, 0, count, count, length, start)
        return end64 + _LOCATOR.pack(0x07064B50, 0, start + length, 1) + end

    def _large(self, member: int) -> bool:
        return self.members[member].size >= _LIMIT_32


def _dos_time(modified: int) -> int:
    """MS-DOS date and time: a zip has no field for a zone. Years before 1980 can't be written."""
    at = max(datetime.fromtimestamp(modified / 1000, UTC), datetime(1980, 1, 1, tzinfo=UTC))
    date = (at.year - 1980) << 9 | at.month << 5 | at.day
    return date << 16 | at.hour << 11 | at.minute << 5 | at.second >> 1
