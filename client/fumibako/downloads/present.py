"""A file that an earlier run of the same command brought whole: it is taken as it is, not fetched again and not in the way.

A crash between two files of a transfer leaves the first under its name. Only its content counts: its size, and the digest of its sealed
record or the checksum that the server keeps of a plain file (spec/format.md). Where there is neither, a file that is there is in the way.
"""

import hashlib
import stat
from pathlib import Path

from fumibako.downloads.keys import RemoteFile
from fumibako.line import Line
from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.streaming import segment_count, segment_plaintext_range

# Of a plain file whose sender gave its whole SHA-256 (fumibako.uploads.completion).
SHA256_CHECKSUM = "sha256:"


def checksum_of(file: RemoteFile) -> str | None:
    """Hex SHA-256 of a plain file, as its sender said it."""
    checksum = str(file.entry.get("checksum") or "")
    return checksum.removeprefix(SHA256_CHECKSUM) if file.key is None and checksum.startswith(SHA256_CHECKSUM) else None


def _is_file_of(path: Path, size: int) -> bool:
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_size == size


async def sha256_if_whole(path: Path, file: RemoteFile, line: Line) -> str | None:
    """Hex SHA-256 of the file at ``path`` where it is the transfer's, byte for byte; None where it is not."""
    digest, checksum = file.record.digest, checksum_of(file)
    try:
        if not (digest or checksum) or not _is_file_of(path, file.record.size):
            return None
        whole, digests = hashlib.sha256(), []
        with path.open("rb") as stream:
            for index in range(segment_count(file.record.size)):
                start, end = segment_plaintext_range(index, file.record.size)
                plaintext = stream.read(end - start)
                whole.update(plaintext)
                digests.append(segment_digest(plaintext))
                await line.turn()
    except OSError:
        return None
    same = file_digest(digests) == digest if digest else whole.hexdigest() == checksum
    return whole.hexdigest() if same else None
