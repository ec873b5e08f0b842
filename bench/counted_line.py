"""A line that counts: everything a client sends passes here on its way to the server, moved by splice(2) without a copy."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_PIECE = 1 << 20


class CountedLine:
    """``with CountedLine(port) as line``: listens on ``line.url``, forwards to ``port`` of this machine. ``sent``: bytes from clients so far."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._lock = threading.Lock()
        self._count = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="line", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            # Closing alone does not wake a thread that waits in accept.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def sent(self) -> int:
        """Bytes that clients have sent, headers and JSON included."""
        with self._lock:
            return self._count

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    client.close()
                    continue
                threading.Thread(target=self._carry, args=(client, server), name="connection", daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        back = threading.Thread(target=_move, args=(server, client, _forget), name="answers", daemon=True)
        back.start()
        _move(client, server, self._add)
        back.join()
        client.close()
        server.close()

    def _add(self, count: int) -> None:
        with self._lock:
            self._count += count


def _forget(_: int) -> None:
    """Answers are not counted."""


def _move(source: socket.socket, target: socket.socket, passed: Callable[[int], None]) -> None:
    """Until one of the two is gone; then the other hears that nothing more comes."""
    out, into = os.pipe()
    try:
        with contextlib.suppress(OSError):
            while left := os.splice(source.fileno(), into, _PIECE):
                passed(left)
                while left:
                    left -= os.splice(out, target.fileno(), left)
    finally:
        os.close(out)
        os.close(into)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
