"""Plaintext segments of local files, and the sealed bytes of parts and packs."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.uploads.local_files import LocalFile, require_unchanged
from fumibako_format.digest import segment_digest
from fumibako_format.keys import associated_data, file_key
from fumibako_format.streaming import (
    SEGMENT_BYTES,
    Header,
    Sealer,
    segment_count,
    segment_plaintext_range,
)


@dataclass
class SealedFile:
    """One local file under its id, key and header. ``digests`` fills as segments are read."""

    local: LocalFile
    file_id: str
    transfer_id: str
    transfer_key: bytes
    header: Header
    digests: dict[int, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _descriptor: int | None = None

    @property
    def segments(self) -> int:
        """How many segments the file has; an empty one has one."""
        return segment_count(self.local.size)

    @property
    def key(self) -> bytes:
        """The file key."""
        return file_key(self.transfer_key, self.file_id)

    def sealer(self) -> Sealer:
        """A sealer of its own for each part: sealers keep no state between segments."""
        return Sealer(self.key, associated_data(self.transfer_id, self.file_id), self.header)

    def read(self, first: int, end: int) -> list[bytes]:
        """Plaintext of segments ``first`` to ``end`` (exclusive). Raises UsageError when the file changed or vanished."""
        with self._lock:
            if self._descriptor is None:
                try:
                    self._descriptor = os.open(self.local.path, os.O_RDONLY)
                except OSError as error:
                    raise UsageError("file_changed", text("file_vanished"), text("file_changed_hint")) from error
        require_unchanged(self.local, self._descriptor)
        read = [self._segment(self._descriptor, index) for index in range(first, end)]
        require_unchanged(self.local, self._descriptor)
        for index, plaintext in enumerate(read, first):
            self.digests[index] = segment_digest(plaintext)
        return read

    def _segment(self, descriptor: int, index: int) -> bytes:
        start, end = segment_plaintext_range(index, self.local.size)
        data = os.pread(descriptor, end - start, start)
        while len(data) < end - start:
            more = os.pread(descriptor, end - start - len(data), start + len(data))
            if not more:
                raise UsageError("file_changed", text("file_vanished"), text("file_changed_hint"))
            data += more
        return data

    def seal(self, first: int, plaintexts: list[bytes]) -> Iterator[bytes]:
        """The ciphertext of consecutive segments, each sealed only when it is about to leave."""
        sealer = self.sealer()
        for index, plaintext in enumerate(plaintexts, first):
            yield sealer.seal(index, plaintext, last=index == self.segments - 1)

    def close(self) -> None:
        """Close the local file."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


def segments_of_part(start: int, end: int) -> tuple[int, int]:
    """First and end segment of a part's ciphertext range: parts are whole MiB, so they hold whole segments."""
    return start // SEGMENT_BYTES, max(start // SEGMENT_BYTES + 1, -(-end // SEGMENT_BYTES))
