"""Large bytes: written in parts by whoever holds a signed URL, read by ranges, destroyed for good.

A blob is named by ``BlobRef``; its key in the store is ``<tenant>/<transfer>/<blob>``. ``upload`` is what ``begin`` gave.

Contract
- ``begin`` opens an upload and gives its token (an S3 upload id; ``single`` for one PUT; the filesystem store needs none).
- ``begin_all`` is ``begin`` for each, and ``complete_all`` ``complete`` for each, in order, where one after another would cost a sync to disk or
  a call each time. What they refuse they refuse as the single ones do; blobs before the refused one may be begun or complete by then.
- ``put_url`` signs one PUT of exactly ``size`` bytes as part ``number`` (1-based), valid until ``expires_at`` (ms), for the host of the tenant's
  channel. A PUT of another length is refused by the store. Signing does no I/O.
- A part is all or nothing, durable when acknowledged; of two PUTs of one part the last to finish wins whole; none is taken after ``complete``.
- ``parts`` lists what the store holds (number, size, etag), in order, of an upload that is not complete; an unknown upload gives nothing.
- ``complete`` joins parts 1..n; it raises ``Refused("part_missing")`` or ``Refused("part_wrong")`` where numbers or sizes differ from ``sizes`` and leaves all as it was.
  Completing again gives the same version. ETags come from the store's own listing.
- ``get_url`` signs a GET of that version until ``expires_at``; a Range header works (206, RFC 9110); recall makes it fail within 60 seconds.
- ``read`` gives ``length`` bytes from ``offset`` in chunks of at most 1 MiB; a range outside raises ``Refused("range_wrong")``; an absent blob NotFound.
- ``destroy`` removes every version, part and unfinished upload under a transfer; repeating it is no error.
- ``destroy_all`` is ``destroy`` for several transfers of one tenant, where one after another would cost a sync to disk each. Where one of them fails
  it raises what ``destroy`` would, with any of the others destroyed or not: ``remaining`` tells.
- ``late_puts`` tells whether a PUT URL signed earlier could still bring an object back after ``destroy`` (S3: True, until the URL ends).
  Where it is False the store refuses every such PUT from the moment ``destroy`` begins.
- ``remaining`` lists what is left under a transfer (versions, parts, uploads): the witness of absence, never cached.
- Zero bytes, one byte and blobs larger than memory work alike. A full store raises ``StoreFull``, an absent one ``StoreAway``.
- ``free_bytes`` gives the room left, or None where the store has no limit that it can tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class BlobRef:
    """Tenant first, then transfer, then blob id."""

    tenant: str
    transfer: str
    blob: str


@dataclass(frozen=True)
class SignedUrl:
    """What a client sends: the method, the URL, and the headers it must send exactly."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: int


@dataclass(frozen=True)
class StoredPart:
    """What the store itself says of a part."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True)
class StoredBlob:
    """A finished blob: its size, the version that downloads pin, and the store's checksum where it keeps one."""

    size: int
    version: str
    checksum: str | None


@dataclass(frozen=True)
class Joining:
    """What ``complete`` needs of one blob: ``upload`` as ``begin`` gave it, the sizes of its parts in order."""

    ref: BlobRef
    upload: str
    sizes: Sequence[int]


class BlobStore(Protocol):
    """Parts in, ranges out, nothing left."""

    @property
    def late_puts(self) -> bool: ...

    def begin(self, ref: BlobRef, *, single: bool) -> str: ...

    def begin_all(self, refs: Sequence[BlobRef], *, single: bool) -> list[str]: ...

    def put_url(
        self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str
    ) -> SignedUrl: ...

    def parts(self, ref: BlobRef, upload: str) -> list[StoredPart]: ...

    def complete(self, ref: BlobRef, upload: str, *, sizes: Sequence[int]) -> StoredBlob: ...

    def complete_all(self, joining: Sequence[Joining]) -> list[StoredBlob]: ...

    def get_url(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl: ...

    def read(self, ref: BlobRef, version: str, *, offset: int, length: int) -> Iterator[bytes]: ...

    def destroy(self, tenant: str, transfer: str) -> None: ...

    def destroy_all(self, tenant: str, transfers: Sequence[str]) -> None: ...

    def remaining(self, tenant: str, transfer: str) -> list[str]: ...

    def free_bytes(self) -> int | None: ...
