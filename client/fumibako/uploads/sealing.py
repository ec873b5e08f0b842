"""Plaintext segments of local files, and the sealed bytes they become."""

import os
import threading
from dataclasses import dataclass, field
from functools import cached_property

from fumibako.disk.positioned import open_to_read, read_into
from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.uploads.local_files import LocalFile, require_unchanged
from fumibako_format.keys import associated_data, file_key
from fumibako_format.streaming import SEGMENT_BYTES, Header, Sealer, segment_count, segment_plaintext_range


def vanished() -> UsageError:
    """The file is gone or has become shorter."""
    return UsageError("file_changed", text("file_vanished"), text("file_changed_hint"))


class OpenFile:
    """A local file while it is sent: opened at the first read, read at any place from any thread."""

    def __init__(self, local: LocalFile) -> None:
        self.local = local
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    def _opened(self) -> int:
        with self._lock:
            if self._descriptor is None:
                try:
                    self._descriptor = open_to_read(self.local.path)
                except OSError as error:
                    raise vanished() from error
            return self._descriptor

    def require_unchanged(self) -> None:
        """Raises UsageError("file_changed") when size or time of change differ from when the file was chosen."""
        require_unchanged(self.local, self._opened())

    def read(self, start: int, end: int, room: bytearray | memoryview) -> memoryview:
        """Bytes ``start`` to ``end`` into ``room``; gives the filled piece of it. Raises UsageError("file_changed")."""
        view = memoryview(room)[: end - start]
        if read_into(self._opened(), view, start) < end - start:
            raise vanished()
        return view

    def read_whole(self, room: memoryview) -> memoryview:
        """All of a small file as it was chosen, into ``room``; nothing stays open. Raises UsageError("file_changed")."""
        view = room[: self.local.size]
        try:
            descriptor = open_to_read(self.local.path)
        except OSError as error:
            raise vanished() from error
        try:
            if read_into(descriptor, view, 0) < len(view):
                raise vanished()
            # Behind the reading: what changed before it and what changed while it went on are both seen.
            require_unchanged(self.local, descriptor)
        finally:
            os.close(descriptor)
        return view

    def close(self) -> None:
        """Give the descriptor back; a later read opens the file again."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


@dataclass
class SealedFile:
    """One local file under its id, key and header."""

    local: LocalFile
    file_id: str
    transfer_id: str
    transfer_key: bytes
    header: Header
    source: OpenFile = field(init=False)

    def __post_init__(self) -> None:
        self.source = OpenFile(self.local)

    @property
    def segments(self) -> int:
        """How many segments the file has; an empty one has one."""
        return segment_count(self.local.size)

    @cached_property
    def key(self) -> bytes:
        """The file key."""
        return file_key(self.transfer_key, self.file_id)

    @cached_property
    def sealer(self) -> Sealer:
        """Keeps no state between segments, so any thread may use it."""
        return self.new_sealer()

    def new_sealer(self) -> Sealer:
        """One that nobody keeps: of 10,000 small files each is used once."""
        return Sealer(self.key, associated_data(self.transfer_id, self.file_id), self.header)

    def read(self, index: int, room: bytearray | memoryview) -> memoryview:
        """Plaintext of a segment. Raises UsageError when the file vanished or became shorter."""
        start, end = segment_plaintext_range(index, self.local.size)
        return self.source.read(start, end, room)

    def seal(self, index: int, plaintext: memoryview, room: bytearray | memoryview) -> int:
        """The ciphertext of a segment into ``room``; gives its length."""
        return self.sealer.seal_into(index, plaintext, room, last=index == self.segments - 1)

    def close(self) -> None:
        """Close the local file."""
        self.source.close()


def segments_of_part(start: int, end: int) -> tuple[int, int]:
    """First and end segment of a part's ciphertext range: parts are whole MiB, so they hold whole segments."""
    return start // SEGMENT_BYTES, max(start // SEGMENT_BYTES + 1, -(-end // SEGMENT_BYTES))
