"""Pieces that a generator makes, to a client: written to the connection's socket, or given as bytes. What SliceReader is for files."""

import os
from collections.abc import Generator
from typing import Final

from chalicelib.domain.errors import StoreAway
from chalicelib.use_cases.receiving.opened_range import Piece
from onprem.runtime.asgi_messages import Disconnected

# Pieces that are read over without being sent (sums of a zip) before the others have their turn.
EMPTY_A_TURN: Final = 16


class PieceReader:
    """``length`` bytes of ``pieces``; ``moved`` of them have left. One thread at a time. Close it.

    A piece that the socket did not take whole is held, up to 1 MiB; nothing else is.
    """

    def __init__(self, pieces: Generator[Piece, None, None], length: int) -> None:
        self._pieces = pieces
        self._length = length
        self._held = memoryview(b"")
        self._drained = False
        self.moved = 0

    @property
    def ended(self) -> bool:
        """Whether nothing is left to be read or sent."""
        return self._drained

    def begin(self) -> None:
        """Make the first piece, so that what can't be opened at all is refused before any byte was promised."""
        self._next()

    def send(self, connection: int, most: int) -> int:
        """Send what a non-blocking socket takes now, about ``most`` bytes. Raises Disconnected, and what the pieces raise."""
        sent, empty = 0, 0
        while sent < most and empty < EMPTY_A_TURN and not self._drained:
            if not self._held:
                empty += not self._next()
                continue
            try:
                count = os.write(connection, self._held)
            except BlockingIOError:
                break
            except OSError as error:
                raise Disconnected from error
            self._advance(count)
            sent += count
        return sent

    def at_once(self, size: int) -> bytes | None:  # noqa: ARG002  # what a reader of files may answer without a thread
        """None: opening takes a thread; b"" at the end."""
        return b"" if self._drained else None

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, b"" at the end. Copied: who gets them keeps them beyond the next piece."""
        while not self._held and not self._drained:
            self._next()
        chunk = bytes(self._held[:size])
        self._advance(len(chunk))
        return chunk

    def close(self) -> None:
        """Let the files go; repeating it is no error."""
        self._drained = True
        self._held = memoryview(b"")
        self._pieces.close()

    def _next(self) -> bool:
        """Whether a piece with bytes is held now. The generator is asked to its very end, for that is where the last sums are kept."""
        piece = next(self._pieces, None)
        if piece is None:
            if self.moved != self._length:
                raise StoreAway("What was opened is not as long as it was said to be.")
            self._drained = True
            return False
        self._held = memoryview(piece)
        return bool(self._held)

    def _advance(self, count: int) -> None:
        self._held = self._held[count:]
        self.moved += count
        if self.moved == self._length and not self._held:
            self._next()
