"""A file that an earlier run of the same command brought whole: it is taken as it is, not fetched again and not in the way.

A crash between two files of a transfer leaves the first under its name. Only its content counts: size and the digest of its sealed
record (spec/format.md). A plain file has no such record, so one that is there is always in the way.
"""

import hashlib
import stat
from pathlib import Path

from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.record import FileRecord
from fumibako_format.streaming import segment_count, segment_plaintext_range


def sha256_if_whole(path: Path, record: FileRecord) -> str | None:
    """Hex SHA-256 of the file at ``path`` where it is the record's, byte for byte; None where it is not."""
    try:
        found = path.lstat()
        if record.digest is None or not stat.S_ISREG(found.st_mode) or found.st_size != record.size:
            return None
        whole, digests = hashlib.sha256(), []
        with path.open("rb") as stream:
            for index in range(segment_count(record.size)):
                start, end = segment_plaintext_range(index, record.size)
                plaintext = stream.read(end - start)
                whole.update(plaintext)
                digests.append(segment_digest(plaintext))
    except OSError:
        return None
    return whole.hexdigest() if file_digest(digests) == record.digest else None
