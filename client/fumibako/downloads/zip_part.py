"""A zip while it arrives: every place in it is known before its first byte, so files are written in any order and taken up after a crash.

Entries are stored, not compressed (fumibako_format.zip_layout). A small file is known again by the digest of its sealed record, a larger one
by the list of its segments.
"""

import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fumibako.disk.positioned import read_into, write_from
from fumibako.disk.refusals import not_written
from fumibako.downloads.held_segments import HeldSegments
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.neighbours import may_join
from fumibako.downloads.part_file import ArrivingFile
from fumibako.line import Line
from fumibako_format.digest import DIGEST_BYTES, file_digest, segment_digest
from fumibako_format.streaming import SEGMENT_BYTES, segment_count
from fumibako_format.zip_layout import ZipLayout, ZipMember

# Files between two turns of others.
_FILES_A_TURN: Final = 10


class ZipPart:
    """``names``: the path of each file in the zip, each unlike the others. ``modified``: milliseconds, the time that entries get.

    Raises UsageError("download_running", "unwritable"), Full.
    """

    def __init__(
        self, destination: Path, files: Sequence[RemoteFile], names: Sequence[str], *, identity: str, modified: int
    ) -> None:
        self._files = files
        self._layout = ZipLayout(
            [ZipMember(name, one.record.size) for name, one in zip(names, files, strict=True)], modified=modified
        )
        self._crcs: list[int | None] = [None] * len(files)
        self._digests: dict[int, bytes] = {}
        facts = "\n".join(f"{one.id} {one.record.size} {name}" for name, one in zip(names, files, strict=True))
        head = f"fumibako-zip-1 {hashlib.sha256(f'{identity} {modified} {facts}'.encode()).hexdigest()[:48]}"
        self._file = ArrivingFile(destination, identity=identity, head=head)
        self._known = self._file.is_known()
        self._lists = self._placed_lists()

    def _placed_lists(self) -> dict[int, int]:
        """Where the list of each file that does not come with its neighbours begins."""
        places, at = {}, self._file.list_at
        for number, one in enumerate(self._files):
            if not may_join(one):
                places[number] = at
                at += segment_count(one.record.size) * DIGEST_BYTES
        return places

    def holds(self, number: int) -> bool:
        """Whether a file is in it, whole."""
        return self._crcs[number] is not None

    def sha256(self, number: int) -> str:
        """Hex SHA-256 of a file that it holds."""
        return self._digests[number].hex()

    async def take_up(self, line: Line) -> None:
        """Hold the small files that an earlier run brought and that are still so."""
        if not self._known:
            return
        room = bytearray(SEGMENT_BYTES)
        for number, one in enumerate(self._files):
            if number in self._lists or one.record.digest is None:
                continue
            view = memoryview(room)[: one.record.size]
            whole = read_into(self._file.descriptor, view, self._content_at(number)) == len(view)
            digest = segment_digest(view)
            if whole and file_digest([digest]) == one.record.digest:
                self._note(number, digest, zlib.crc32(view))
            if number % _FILES_A_TURN == 0:
                await line.turn()

    async def segments(self, number: int, line: Line) -> HeldSegments:
        """The place of a file that does not come with its neighbours, with what an earlier run brought of it."""
        size, at, list_at = self._files[number].record.size, self._content_at(number), self._lists[number]
        held = HeldSegments(self._file.descriptor, self._file.listed, size, at=at, list_at=list_at)
        if self._known:
            await held.take_up(line)
        held.sum_along()
        return held

    def _content_at(self, number: int) -> int:
        return self._layout.pieces[3 * number + 1].start

    def _note(self, number: int, sha256: bytes, crc: int) -> None:
        self._digests[number] = sha256
        self._crcs[number] = crc

    def write_run(self, first: int, contents: Sequence[bytes], digests: Sequence[bytes]) -> None:
        """Small files that lie side by side, by one write. ``digests``: the SHA-256 of each. Raises Full, UsageError("unwritable")."""
        crcs = [zlib.crc32(content) for content in contents]
        pieces: list[bytes] = []
        for number, (content, crc) in enumerate(zip(contents, crcs, strict=True), first):
            pieces += (self._layout.local_header(number), content, self._layout.descriptor(number, crc))
        self._write(b"".join(pieces), self._layout.pieces[3 * first].start)
        for number, (digest, crc) in enumerate(zip(digests, crcs, strict=True), first):
            self._note(number, digest, crc)

    def finish_file(self, number: int, sha256: str, crc: int) -> None:
        """All segments of a file are there: what stands around it. Raises Full, UsageError("unwritable")."""
        start, _, behind = self._layout.pieces[3 * number : 3 * number + 3]
        self._write(self._layout.local_header(number), start.start)
        self._write(self._layout.descriptor(number, crc), behind.start)
        self._note(number, bytes.fromhex(sha256), crc)

    def finish(self, *, replace: bool) -> None:
        """Write the directory and give the zip its name, durably. Raises UsageError("exists") unless ``replace``, Full."""
        directory = self._layout.pieces[-1]
        crcs = [crc for crc in self._crcs if crc is not None]
        self._write(self._layout.directory(crcs), directory.start)
        self._file.finish(self._layout.length, replace=replace)

    def _write(self, data: bytes, at: int) -> None:
        try:
            write_from(self._file.descriptor, data, at)
        except OSError as error:
            raise self.refused(error) from error

    def refused(self, error: OSError) -> Exception:
        """What the system says, as a person reads it."""
        return not_written(error, self._file.destination.parent)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.discard()

    def close(self) -> None:
        """Keep what is there for the next try."""
        self._file.close()
