"""The byte path of a blob store that lives on the host: what the runtime's PUT and GET of signed URLs stand on.

S3 has its own; the filesystem store implements this port beside ``BlobStore``.

Contract
- ``authorize`` checks method, path, signature (constant time) and expiry of a URL that ``put_url`` or ``get_url`` made, and raises
  ``Refused("url_invalid")`` or ``Refused("url_expired")``. It does no I/O; whether the transfer is still open is asked besides.
- ``sink`` takes one part. Nothing is visible before ``commit``; ``commit`` raises ``Refused("length_wrong")`` unless exactly the signed size
  arrived; when it returns, the part is durable: data synced, renamed, directory synced. ``abort`` (or never committing) leaves nothing.
- ``slices`` maps a byte range of a finished blob onto files, for sendfile; ``size`` is the whole length. Absent blobs raise NotFound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chalicelib.ports.blob_store import BlobRef


@dataclass(frozen=True)
class ByteGrant:
    """What a verified URL allows: one method on one part or one finished version. ``number`` is None for GET."""

    method: str
    ref: BlobRef
    number: int | None
    size: int | None
    version: str | None
    expires_at: int


@dataclass(frozen=True)
class FileSlice:
    """``length`` bytes from ``offset`` of one file on this host."""

    path: str
    offset: int
    length: int


class PartSink(Protocol):
    """Write chunks, then commit or abort."""

    def write(self, chunk: bytes | memoryview) -> None: ...

    def commit(self) -> str:
        """Make it durable and visible; gives the etag."""
        ...

    def abort(self) -> None: ...


class BytePath(Protocol):
    """Signed URLs of this host to files of this host."""

    def authorize(self, method: str, path: str, query: Mapping[str, str], *, now: int) -> ByteGrant: ...

    def sink(self, grant: ByteGrant) -> PartSink: ...

    def size(self, grant: ByteGrant) -> int: ...

    def slices(self, grant: ByteGrant, *, start: int, end: int) -> list[FileSlice]: ...
