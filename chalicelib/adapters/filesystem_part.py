"""A part on disk: its bytes and, behind them, a footer that says what they should be.

Footer, 24 bytes, big endian: ``FBP1``, CRC-32 of the bytes (4), their count (8), a random nonce (8). Footer and bytes reach
their name by one rename, so size and etag can't come apart, and a listing needs no database. A file whose length and
footer disagree is no part (it was damaged) and is not listed.

The etag is ``<crc>-<size>-<nonce>`` in hex: it tells a client that other bytes arrived than it sent, and it differs for each
PUT. CRC-32 is no defence against forgery and need not be: the AEAD tags inside the bytes are (spec/format.md).
"""

import errno
import os
import struct

from isal import isal_zlib

from chalicelib.adapters.filesystem_layout import TEMPORARY
from chalicelib.adapters.filesystem_writeback import begin_writing_back
from chalicelib.domain.errors import NotFound

MAGIC = b"FBP1"
FOOTER = struct.Struct(">4sIQ8s")
# How many bytes of a part may be dirty before the disk is told to begin.
WRITEBACK = 4 * 1024**2

_NO_TMPFILE = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


def etag_of(crc: int, size: int, nonce: bytes) -> str:
    """The etag as clients see it."""
    return f"{crc:08x}-{size:x}-{nonce.hex()}"


def read_footer(path: str) -> tuple[int, str] | None:
    """Size and etag of a part's file, or None when its length and its footer disagree. OSErrors pass up."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        length = os.fstat(file).st_size
        raw = os.pread(file, FOOTER.size, max(0, length - FOOTER.size))
    finally:
        os.close(file)
    if len(raw) != FOOTER.size:
        return None
    magic, crc, size, nonce = FOOTER.unpack(raw)
    if magic != MAGIC or size != length - FOOTER.size:
        return None
    return size, etag_of(crc, size, nonce)


def open_directory(path: str) -> int:
    """A descriptor of a directory, to sync it and to name files by it; raises NotFound."""
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotFound from error


def sync_directory(path: str) -> None:
    """Make the names in a directory durable; an entry is not on disk before this (fsync(2), NOTES)."""
    directory = open_directory(path)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write_all(file: int, chunk: bytes | memoryview) -> None:
    """Write every byte: write(2) may take fewer than it was given."""
    rest = memoryview(chunk).cast("B") if isinstance(chunk, memoryview) else memoryview(chunk)
    while rest:
        rest = rest[os.write(file, rest) :]


class PartFile:
    """A new file in a blob's directory, without a name where the file system can do that (O_TMPFILE).

    A nameless file vanishes with its process, so kill -9 leaves nothing. NFS has no such files: there it is ``t.<16 hex>`` and
    goes at complete or destroy. All names are relative to the directory's descriptor: after a destroy and a new begin the
    path leads to another directory, and the part of the destroyed upload must not appear in it.
    """

    def __init__(self, directory: str, temporary: str) -> None:
        self.crc = 0
        self.size = 0
        self._begun = 0
        self._temporary = TEMPORARY + temporary
        self._directory = open_directory(directory)
        try:
            self._file, self._named = self._open()
        except FileNotFoundError as error:
            os.close(self._directory)
            raise NotFound from error
        except BaseException:
            os.close(self._directory)
            raise

    def _open(self) -> tuple[int, bool]:
        flags = os.O_WRONLY | os.O_CLOEXEC
        try:
            return os.open(".", flags | os.O_TMPFILE, 0o600, dir_fd=self._directory), False
        except IsADirectoryError:
            pass
        except OSError as error:
            if error.errno not in _NO_TMPFILE:
                raise
        return os.open(self._temporary, flags | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._directory), True

    def write(self, chunk: bytes | memoryview) -> None:
        """Append and add to the checksum."""
        self.crc = isal_zlib.crc32(chunk, self.crc)
        write_all(self._file, chunk)
        self.size += chunk.nbytes if isinstance(chunk, memoryview) else len(chunk)
        if self.size - self._begun >= WRITEBACK:
            begin_writing_back(self._file, self._begun, self.size - self._begun)
            self._begun = self.size

    def seal(self, nonce: bytes) -> str:
        """Append the footer and make the bytes durable; gives the etag."""
        write_all(self._file, FOOTER.pack(MAGIC, self.crc, self.size, nonce))
        os.fdatasync(self._file)
        return etag_of(self.crc, self.size, nonce)

    def publish(self, name: str) -> None:
        """Give the file its name, replacing an older one, and make the name durable. The caller holds the lock."""
        try:
            if not self._named:
                # src_dir_fd makes Python call linkat(AT_SYMLINK_FOLLOW), which is how a nameless file gets a name (open(2)).
                os.link(
                    f"/proc/self/fd/{self._file}",
                    self._temporary,
                    src_dir_fd=self._directory,
                    dst_dir_fd=self._directory,
                )
                self._named = True
            os.rename(self._temporary, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except FileNotFoundError as error:
            raise NotFound from error
        self._named = False
        os.fsync(self._directory)

    def close(self) -> None:
        """Remove what has no place yet and let go; closing twice is no error."""
        if self._file < 0:
            return
        file, self._file = self._file, -1
        os.close(file)
        try:
            if self._named:
                os.unlink(self._temporary, dir_fd=self._directory)
        except FileNotFoundError:
            pass  # a complete or destroy in between removed it
        finally:
            os.close(self._directory)
