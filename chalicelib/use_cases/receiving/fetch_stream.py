"""The bytes of a compatible download: a range of one file, or of the zip of several, in constant memory.

A range of a zip needs sums over bytes that it doesn't hold: the descriptor behind a file sums all of it, the directory sums every file. What
is not known from earlier answers is read once more, without being sent; an empty piece is given for each piece that is, so that whoever
sends can see to the rest of the world meanwhile.
"""

from collections.abc import Generator, Iterator

from chalicelib.domain.errors import Refused
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.receiving.fetch_plan import FetchPlan, PlannedFile
from chalicelib.use_cases.receiving.kept_checksums import KeptChecksums, step_of
from chalicelib.use_cases.receiving.opened_range import Piece, opened_range
from fumibako_format.errors import FormatError
from fumibako_format.zip_layout import ZipLayout, ZipPiece


def fetched(ctx: Context, plan: FetchPlan, start: int, end: int, kept: KeptChecksums) -> Generator[Piece, None, None]:
    """``[start, end)`` of the plan's bytes in pieces of up to 1 MiB; a piece is good until the next one is asked for.

    Raises Refused("bytes_broken") where stored bytes are not what was sealed: what was given before is true, and not the whole.
    Raises NotFound and StoreAway as the blob store does.
    """
    try:
        if plan.layout is None:
            yield from opened_range(ctx, plan.files[0], start, end)
        else:
            yield from _Zip(ctx, plan.files, plan.layout, kept).pieces(start, end)
    except FormatError as error:
        raise Refused("bytes_broken", "Stored bytes are not what was sealed; nothing of them was given out.") from error


class _Zip:
    """One answer's walk through a zip. ``_sums`` are the CRCs of files that were walked through."""

    def __init__(self, ctx: Context, files: tuple[PlannedFile, ...], layout: ZipLayout, kept: KeptChecksums) -> None:
        self._ctx = ctx
        self._files = files
        self._layout = layout
        self._kept = kept
        self._sums: dict[int, int] = {}

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        for piece in self._layout.pieces:
            first, last = max(start, piece.start) - piece.start, min(end, piece.start + piece.length) - piece.start
            if first < last or (piece.kind == "content" and piece.length == 0 and start <= piece.start < end):
                yield from self._piece(piece, first, last)

    def _piece(self, piece: ZipPiece, first: int, last: int) -> Iterator[Piece]:
        if piece.kind == "content":
            yield from self._content(piece.member, first, last)
        elif piece.kind == "local":
            yield memoryview(self._layout.local_header(piece.member))[first:last]
        elif piece.kind == "descriptor":
            yield from self._summed(piece.member)
            yield memoryview(self._layout.descriptor(piece.member, self._sums[piece.member]))[first:last]
        else:
            for member in range(len(self._files)):
                yield from self._summed(member)
            sums = [self._sums[member] for member in range(len(self._files))]
            yield memoryview(self._layout.directory(sums))[first:last]

    def _content(self, member: int, first: int, last: int) -> Iterator[Piece]:
        """What is sent is summed on its way. A range that ends within the file needs no sum of what lies before it."""
        if last == self._files[member].size:
            yield from self._read_over(member, first)
        known, crc = self._nearest(member, first)
        pieces = opened_range(self._ctx, self._files[member], first, last)
        yield from pieces if known < first else self._summing(member, first, crc, pieces)

    def _summed(self, member: int) -> Iterator[Piece]:
        """Sees to it that the sum of a file is known, by reading it where it is not."""
        if member not in self._sums:
            yield from self._read_over(member, self._files[member].size)
            self._sums[member] = self._nearest(member, self._files[member].size)[1]

    def _read_over(self, member: int, until: int) -> Iterator[Piece]:
        """Sum the first ``until`` bytes of a file without giving them, from the last place whose sum is known."""
        known, crc = self._nearest(member, until)
        if known < until:
            pieces = opened_range(self._ctx, self._files[member], known, until)
            for _ in self._summing(member, known, crc, pieces):
                yield b""

    def _summing(self, member: int, at: int, crc: int, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Pass the pieces on from place ``at`` and keep their sum now and then, at the file's end, and where the answer breaks off."""
        file = self._files[member]
        kept = at
        try:
            for piece in pieces:
                yield piece
                at += len(piece)
                crc = self._kept.crc32(piece, crc)
                if at - kept >= step_of(file.size):
                    self._kept.keep(file.entry.id, file.version, at, crc)
                    kept = at
        finally:
            self._kept.keep(file.entry.id, file.version, at, crc)
        if at == file.size:
            self._sums[member] = crc

    def _nearest(self, member: int, length: int) -> tuple[int, int]:
        file = self._files[member]
        return self._kept.nearest(file.entry.id, file.version, length)
