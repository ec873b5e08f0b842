"""A stream cut into parts: each read once, hashed, sealed and kept until it is stored."""

import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import IO

from fumibako.disk.positioned import read_into, write_from
from fumibako.line import Line
from fumibako_format.digest import segment_digest
from fumibako_format.parts import PartPlan
from fumibako_format.streaming import FIRST_PLAINTEXT, NEXT_PLAINTEXT, SEGMENT_BYTES, Sealer

Read = Callable[[int], Awaitable[bytes]]
# Larger parts (from the 3,001st on, behind 112 GiB) wait on the disk.
MOST_IN_MEMORY = 64 << 20


@dataclass
class StreamPart:
    """Part ``number`` (from 1): ``size`` bytes as they are stored, the digests of its segments of plaintext from ``first_segment`` on."""

    number: int
    first_segment: int
    digests: list[bytes]
    last: bool
    kept: "_Kept"

    @property
    def size(self) -> int:
        """Bytes as stored."""
        return self.kept.size

    def body(self) -> Iterator[memoryview]:
        """Its bytes, again for each try."""
        return self.kept.pieces()

    def release(self) -> None:
        """Give the memory or the file back."""
        self.kept.close()


class _Kept:
    """Bytes in memory, or in an unnamed file where they are many."""

    def __init__(self, most: int) -> None:
        self.size = 0
        self._memory = bytearray(most) if most <= MOST_IN_MEMORY else None
        self._file: IO[bytes] | None = None if self._memory is not None else tempfile.TemporaryFile()  # noqa: SIM115

    def add(self, data: memoryview) -> None:
        """At the end."""
        if self._memory is not None:
            self._memory[self.size : self.size + len(data)] = data
        elif self._file is not None:
            write_from(self._file.fileno(), data, self.size)
        self.size += len(data)

    def pieces(self) -> Iterator[memoryview]:
        """By 1 MiB."""
        room = memoryview(bytearray(SEGMENT_BYTES)) if self._file is not None else memoryview(b"")
        for at in range(0, self.size, SEGMENT_BYTES):
            end = min(self.size, at + SEGMENT_BYTES)
            if self._memory is not None:
                yield memoryview(self._memory)[at:end]
            elif self._file is not None:
                read_into(self._file.fileno(), room[: end - at], at)
                yield room[: end - at]

    def close(self) -> None:
        """Forget them."""
        self._memory = None
        if self._file is not None:
            self._file.close()


class StreamParts:
    """Read ``next`` by one at a time. ``sealer`` is None for plain. ``size``: plaintext so far, ``stored``: what it became.

    ``whole``: SHA-256 of the plaintext so far. ``ended``: the last part was given out.
    """

    def __init__(self, read: Read, line: Line, part_size: int, sealer: Sealer | None) -> None:
        self._read = read
        self._line = line
        self._plan = PartPlan(None, part_size, single=False, growing=True)
        self._sealer = sealer
        self._number, self._segment = 0, 0
        self._ahead = b""
        self.size, self.stored = 0, 0
        self.whole = hashlib.sha256()
        self.ended = False

    def next_size(self) -> int:
        """The full size of the next part."""
        return self._plan.size_of(self._number + 1)

    async def next(self) -> StreamPart | None:
        """The next part, None behind the end. Raises what reading raises, PlanError behind 10,000 parts."""
        if self.ended:
            return None
        full = self.next_size()
        self._number += 1
        kept, digests, first = _Kept(full), [], self._segment
        sealed = bytearray(SEGMENT_BYTES)
        while kept.size + SEGMENT_BYTES <= full and not self.ended:
            data = await self._fill()
            digests.append(segment_digest(data))
            if self._sealer is None:
                kept.add(memoryview(data))
            else:
                length = self._sealer.seal_into(self._segment, data, sealed, last=self.ended)
                kept.add(memoryview(sealed)[:length])
            self._segment += 1
            await self._line.turn()
        self.stored += kept.size
        return StreamPart(self._number, first, digests, self.ended, kept)

    def _room(self) -> int:
        if self._sealer is None:
            return SEGMENT_BYTES
        return FIRST_PLAINTEXT if self._segment == 0 else NEXT_PLAINTEXT

    async def _fill(self) -> bytes:
        """The plaintext of the next segment; one read ahead, because only the end of the stream says which is the last."""
        wanted, pieces = self._room(), [self._ahead]
        filled = len(self._ahead)
        while filled <= wanted:
            piece = await self._read(SEGMENT_BYTES)
            if not piece:
                self.ended = True
                break
            pieces.append(piece)
            filled += len(piece)
        data = b"".join(pieces)
        self._ahead = data[wanted:]
        if self._ahead:
            # What was read ahead belongs to the next segment, and the end of the stream with it.
            self.ended = False
        data = data[:wanted]
        self.size += len(data)
        self.whole.update(data)
        return data
