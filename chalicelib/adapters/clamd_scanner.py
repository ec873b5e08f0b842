"""ClamAV's daemon by its INSTREAM command (https://docs.clamav.net/manual/Usage/Scanning.html, clamd(8)).

Asked first: VERSION, for engine and signature date. Then every byte is sent as chunks with a 4-byte length before each.

clamd answers OK for a file over its MaxFileSize or MaxScanSize *without having read all of it*, unless AlertExceedsMax is on. So nothing
larger than ``max_bytes`` is sent at all: it must be no more than clamd's StreamMaxLength, MaxFileSize and MaxScanSize (100 MB unless set).
"""

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.scanner import Verdict

CHUNK = 256 * 1024
DEFAULT_MAX = 100 * 1000 * 1000

_FOUND = re.compile(r"stream: (?P<name>\S+)(?: \S+)? FOUND\Z")
_LIMIT = "INSTREAM size limit exceeded"


class ClamdScanner:
    """``address`` is ``host:port`` or the path of a unix socket; ``timeout`` in seconds for each answer."""

    def __init__(self, address: str, *, max_bytes: int = DEFAULT_MAX, timeout: float = 120.0) -> None:
        self._address = address
        self._max_bytes = max_bytes
        self._timeout = timeout

    def scan(self, chunks: Iterable[bytes], *, size: int) -> Verdict:
        engine = self._engine()
        if size > self._max_bytes:
            return Verdict("too_large", engine)
        with self._connection() as connection:
            sent = _send(connection, chunks, self._max_bytes)
            answer = _answer(connection)
        verdict = _verdict(answer, engine)
        if verdict.kind == "clean" and sent != size:
            raise Refused("length_wrong", "The file's bytes ended early or went on; it counts as not scanned.")
        return verdict

    def _engine(self) -> str:
        with self._connection() as connection:
            with _answered():
                connection.sendall(b"zVERSION\0")
            answer = _answer(connection)
        if not answer.startswith("ClamAV "):
            raise ValueError("The scanner did not say its version.")
        return answer

    @contextmanager
    def _connection(self) -> Iterator[socket.socket]:
        with _answered():
            connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self) -> socket.socket:
        if "/" not in self._address:
            host, _, port = self._address.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), self._timeout)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self._timeout)
            connection.connect(self._address)
        except OSError:
            connection.close()
            raise
        return connection


@contextmanager
def _answered() -> Iterator[None]:
    """A socket that fails, whatever the reason, is an engine that does not answer."""
    try:
        yield
    except OSError as error:
        raise StoreAway("The malware scanner does not answer.") from error


def _send(connection: socket.socket, chunks: Iterable[bytes], limit: int) -> int:
    """Stream the bytes; gives how many were sent. Stops where clamd hangs up: its answer then says why."""
    with _answered():
        connection.sendall(b"zINSTREAM\0")
    sent = 0
    for chunk in chunks:
        for at in range(0, len(chunk), CHUNK):
            piece = memoryview(chunk)[at : at + CHUNK]
            sent += len(piece)
            if not _sent(connection, len(piece).to_bytes(4, "big"), piece) or sent > limit:
                return sent
    _sent(connection, bytes(4))
    return sent


def _sent(connection: socket.socket, *pieces: bytes | memoryview) -> bool:
    try:
        for piece in pieces:
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        return False
    except OSError as error:
        raise StoreAway("The malware scanner does not answer.") from error
    return True


def _answer(connection: socket.socket) -> str:
    received = b""
    with _answered():
        while not received.endswith(b"\0"):
            more = connection.recv(4096)
            if not more:
                break
            received += more
    if not received:
        raise StoreAway("The malware scanner hung up.")
    return received.rstrip(b"\0\n").decode("utf-8", "replace")


def _verdict(answer: str, engine: str) -> Verdict:
    if answer == "stream: OK":
        return Verdict("clean", engine)
    if answer.startswith(_LIMIT):
        return Verdict("too_large", engine)
    found = _FOUND.match(answer)
    if found is None:
        raise ValueError("The malware scanner's answer can't be read.")
    name = found["name"]
    if name.startswith("Heuristics.Encrypted."):
        return Verdict("unscannable", engine, None)
    if name.startswith("Heuristics.Limits.Exceeded"):
        # A limit inside the file (depth, count, unpacked size): the engine gave up, so it is no malware and not clean.
        return Verdict("unscannable", engine, None)
    return Verdict("infected", engine, name)
