"""Sealing and opening a file on this disk with all cores, by the format of spec/format.md, section 2.

Any Tink library opens what ``seal_file`` made, given key and associated data. Both work in segments of 1 MiB on a few threads: hashing,
AES-GCM, reading and writing leave the interpreter's lock, so two cores do twice as much. Memory: 2 MiB a thread.
"""

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from fumibako.disk.durable import sync_folder, usual_mode
from fumibako.disk.positioned import open_private, open_to_read, read_into, write_from
from fumibako.disk.refusals import changed, exists, not_read, not_written
from fumibako.errors import IntegrityFailed, UsageError
from fumibako.messages import shown_path, text
from fumibako.threads import in_parallel
from fumibako_format.digest import DIGEST_BYTES, file_digest, segment_digest
from fumibako_format.errors import FormatError
from fumibako_format.streaming import (
    HEADER_BYTES,
    SEGMENT_BYTES,
    Header,
    Opener,
    Sealer,
    ciphertext_size,
    plaintext_size,
    segment_ciphertext_range,
    segment_count,
    segment_plaintext_range,
)


def seal_file(
    source: Path, target: Path, key: bytes, *, aad: bytes = b"", threads: int | None = None, durable: bool = False
) -> bytes:
    """Seal ``source`` into ``target`` (which must not exist) under a new header; gives the digest of the plaintext (32 bytes).

    ``key``: 32 bytes, of this file alone. ``aad``: ``<transfer id>/<file id>`` in a transfer. ``threads``: as many as cores without.
    ``durable``: returns when a power cut can't take it back. Raises UsageError (exists, unreadable, changed meanwhile), Full, and
    LengthError for a key of another length. What failed leaves no target.
    """
    with _opened(source) as descriptor:
        return _make(target, _Sealing(source, descriptor, key, aad), threads, durable=durable)


def open_file(
    source: Path, target: Path, key: bytes, *, aad: bytes = b"", threads: int | None = None, durable: bool = False
) -> bytes:
    """Open ``source`` into ``target`` (which must not exist); gives the digest of the plaintext (32 bytes), to compare with a record's.

    Raises as ``seal_file``, and IntegrityFailed where one bit is wrong or the length is none a sealed file has: then there is no target.
    """
    with _opened(source) as descriptor:
        try:
            return _make(target, _Opening(source, descriptor, key, aad), threads, durable=durable)
        except FormatError as error:
            raise IntegrityFailed(error.code, error.message, error.hint) from error


class _Room(threading.local):
    """Two buffers of a segment for each thread."""

    def __init__(self) -> None:
        self.plain = memoryview(bytearray(SEGMENT_BYTES))
        self.sealed = memoryview(bytearray(SEGMENT_BYTES))


class _Work(Protocol):
    """One file into another: ``size`` bytes come out, from ``segments`` that any thread may do."""

    size: int
    segments: int

    def do(self, index: int, room: _Room, target: int) -> bytes:
        """Write one segment; gives the digest of its plaintext."""
        ...

    def end(self) -> None:
        """All is written: a last look at the source."""
        ...


class _Sealing(_Work):
    def __init__(self, source: Path, descriptor: int, key: bytes, aad: bytes) -> None:
        self._source = source
        self._descriptor = descriptor
        self._status = os.fstat(descriptor)
        self._sealer = Sealer(key, aad, Header.generate(os.urandom))
        self.size = ciphertext_size(self._status.st_size)
        self.segments = segment_count(self._status.st_size)

    def do(self, index: int, room: _Room, target: int) -> bytes:
        start, end = segment_plaintext_range(index, self._status.st_size)
        data = room.plain[: end - start]
        if read_into(self._descriptor, data, start) < len(data):
            raise changed(self._source)
        digest = segment_digest(data)
        size = self._sealer.seal_into(index, data, room.sealed, last=index == self.segments - 1)
        write_from(target, room.sealed[:size], index * SEGMENT_BYTES)
        return digest

    def end(self) -> None:
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._status.st_size, self._status.st_mtime_ns):
            raise changed(self._source)


class _Opening(_Work):
    def __init__(self, source: Path, descriptor: int, key: bytes, aad: bytes) -> None:
        self._source = source
        self._descriptor = descriptor
        self.size = plaintext_size(os.fstat(descriptor).st_size)
        self.segments = segment_count(self.size)
        head = bytearray(HEADER_BYTES)
        read_into(descriptor, memoryview(head), 0)
        self._opener = Opener(key, aad, Header.parse(head))

    def do(self, index: int, room: _Room, target: int) -> bytes:
        start, end = segment_ciphertext_range(index, self.size)
        start += HEADER_BYTES if index == 0 else 0
        data = room.sealed[: end - start]
        if read_into(self._descriptor, data, start) < len(data):
            raise changed(self._source)
        plain = room.plain[: self._opener.open_into(index, data, room.plain, last=index == self.segments - 1)]
        write_from(target, plain, segment_plaintext_range(index, self.size)[0])
        return segment_digest(plain)

    def end(self) -> None:
        """Every tag held: nothing can have changed."""


def _make(target: Path, work: _Work, threads: int | None, *, durable: bool) -> bytes:
    """All segments into a hidden neighbour of ``target``, which then gets its name."""
    if target.exists():
        raise exists(target)
    hidden = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}.part")
    try:
        made = open_private(hidden)
        try:
            os.ftruncate(made, work.size)
            digest = _on_threads(work, made, threads or os.cpu_count() or 1)
            work.end()
            if durable:
                os.fsync(made)
        finally:
            os.close(made)
        hidden.chmod(usual_mode())
        hidden.rename(target)
        if durable:
            sync_folder(target.parent)
    except OSError as error:
        raise not_written(error, target.parent) from error
    finally:
        with contextlib.suppress(OSError):
            hidden.unlink(missing_ok=True)
    return digest


def _on_threads(work: _Work, made: int, threads: int) -> bytes:
    digests = memoryview(bytearray(work.segments * DIGEST_BYTES))
    room = _Room()

    def one(index: int) -> None:
        digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES] = work.do(index, room, made)

    stop = threading.Event()
    in_parallel(range(work.segments), one, parallel=min(threads, work.segments), stop=stop, name="segment")
    return file_digest(bytes(digests[at : at + DIGEST_BYTES]) for at in range(0, len(digests), DIGEST_BYTES))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = open_to_read(path)
    except OSError as error:
        raise not_read(error, path) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError("not_a_file", text("not_a_file", path=shown_path(path)), text("not_a_file_hint"))
        yield descriptor
    finally:
        os.close(descriptor)


__all__ = ["open_file", "seal_file"]
