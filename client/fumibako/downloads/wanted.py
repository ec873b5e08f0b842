"""A file that is to be fetched, and what it becomes."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.present import checksum_of
from fumibako.downloads.running_hash import sha256_of
from fumibako.downloads.session import Session
from fumibako.errors import IntegrityFailed
from fumibako.messages import text


@dataclass(frozen=True)
class Wanted:
    """A file of a session and its place on the disk."""

    session: Session
    file: RemoteFile
    path: Path


@dataclass(frozen=True)
class Fetched:
    """One file as it lies on the disk now: every tag held, and the digest of its record."""

    id: str
    path: Path
    size: int
    _sha256: str | None = field(default=None, repr=False)

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 over its whole content; computed now where it was not asked for. Raises OSError where the file is gone."""
        return self._sha256 if self._sha256 is not None else sha256_of(self.path)


def require_as_recorded(file: RemoteFile, *, digest: bytes | None, sha256: str | None) -> None:
    """Raises IntegrityFailed unless the record's digest is that of the segments; of a plain file, its checksum."""
    checksum = checksum_of(file)
    if (checksum is not None and checksum != sha256) or (
        file.record.digest is not None and digest != file.record.digest
    ):
        raise IntegrityFailed("digest_differs", text("digest_differs"), text("digest_differs_hint"))
