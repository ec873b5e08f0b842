"""A blob store in memory that keeps the contract of ``chalicelib.ports.blob_store``.

A test acts as the client with ``put(signed, body)`` and ``get(signed, first, last)``; both take a ``SignedUrl`` or its text.
Visible state: ``blobs`` (finished), ``uploads`` (open), ``urls`` (all that was signed), ``destroyed`` (calls of ``destroy``).
``late_puts`` is False unless a test sets it. Faults: ``full = True`` makes every write raise StoreFull, ``away = True`` every call with I/O raise StoreAway; ``failure`` is raised as it is.
``now`` gives the time by which signed URLs expire; it stands at 0 unless a test sets it (``store.now = clock.now_ms``).
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from chalicelib.domain.blob_key import blob_key, transfer_prefix
from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull
from chalicelib.ports.blob_store import BlobRef, Joining, SignedUrl, StoredBlob, StoredPart

CHUNK = 1024 * 1024


@dataclass
class FakeUpload:
    """An open upload; ``parts`` by number."""

    ref: BlobRef
    single: bool
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class FakeBlob:
    """A finished blob with the sizes it was joined from."""

    version: str
    data: bytes
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class FakeGrant:
    """What a signed address allows."""

    method: str
    ref: BlobRef
    upload: str
    number: int
    size: int
    version: str
    expires_at: int


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


class FakeBlobStore:
    """Implements ``BlobStore`` in memory."""

    def __init__(self, now: Callable[[], int] = lambda: 0, room: int | None = None) -> None:
        self.now = now
        self.room = room
        self.late_puts = False
        self.full = False
        self.away = False
        self.failure: Exception | None = None
        self.blobs: dict[BlobRef, FakeBlob] = {}
        self.uploads: dict[str, FakeUpload] = {}
        self.urls: dict[str, FakeGrant] = {}
        self.destroyed: list[tuple[str, str]] = []
        self._numbers = count(1)
        self._lock = threading.RLock()

    # What a client does with an address.

    def put(self, signed: SignedUrl | str, body: bytes) -> str:
        """PUT ``body``; gives the etag. Raises what the store's HTTP answer stands for."""
        grant = self._grant(signed, "PUT")
        with self._lock:
            self._reach(write=True)
            upload = self.uploads.get(grant.upload)
            if upload is None:
                raise Refused("upload_closed" if grant.ref in self.blobs else "not_found", "No part is taken any more.")
            if len(body) != grant.size:
                raise Refused("length_wrong", f"The address is for {grant.size} bytes.")
            if upload.single and upload.parts:
                raise Refused("upload_closed", "The blob is there already.")
            upload.parts[grant.number] = bytes(body)
        return _etag(body)

    def get(self, signed: SignedUrl | str, first: int = 0, last: int | None = None) -> bytes:
        """GET the blob, or its bytes ``first`` to ``last`` inclusive."""
        grant = self._grant(signed, "GET")
        with self._lock:
            self._reach()
            blob = self._blob(grant.ref, grant.version)
        return blob.data[first : None if last is None else last + 1]

    # The port.

    def begin(self, ref: BlobRef, *, single: bool) -> str:
        blob_key(ref.tenant, ref.transfer, ref.blob)
        with self._lock:
            self._reach(write=True)
            token = "single" if single else f"upload-{next(self._numbers)}"
            self.uploads.setdefault(self._name(ref, token), FakeUpload(ref, single))
        return token

    def begin_all(self, refs: Sequence[BlobRef], *, single: bool) -> list[str]:
        return [self.begin(ref, single=single) for ref in refs]

    def put_url(
        self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str
    ) -> SignedUrl:
        name = self._name(ref, upload)
        grant = FakeGrant("PUT", ref, name, number, size, "", expires_at)
        return self._sign(grant, base_url, {"content-length": str(size)})

    def parts(self, ref: BlobRef, upload: str) -> list[StoredPart]:
        with self._lock:
            self._reach()
            found = self.uploads.get(self._name(ref, upload))
            held = sorted(found.parts.items()) if found else []
        return [StoredPart(number, len(data), _etag(data)) for number, data in held]

    def complete(self, ref: BlobRef, upload: str, *, sizes: Sequence[int]) -> StoredBlob:
        with self._lock:
            self._reach(write=True)
            blob = self.blobs.get(ref)
            if blob is None:
                blob = self._join(ref, self._name(ref, upload), tuple(sizes))
            elif blob.sizes != tuple(sizes):
                raise Refused("part_wrong", "The blob was completed with other sizes.")
        return StoredBlob(len(blob.data), blob.version, None)

    def complete_all(self, joining: Sequence[Joining]) -> list[StoredBlob]:
        return [self.complete(one.ref, one.upload, sizes=one.sizes) for one in joining]

    def get_url(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        return self._sign(FakeGrant("GET", ref, "", 0, 0, version, expires_at), base_url, {})

    def read(self, ref: BlobRef, version: str, *, offset: int, length: int) -> Iterator[bytes]:
        with self._lock:
            self._reach()
            data = self._blob(ref, version).data
        if offset < 0 or length < 0 or offset + length > len(data):
            raise Refused("range_wrong", "The range lies outside the blob.")
        return (data[at : min(at + CHUNK, offset + length)] for at in range(offset, offset + length, CHUNK))

    def destroy(self, tenant: str, transfer: str) -> None:
        transfer_prefix(tenant, transfer)
        with self._lock:
            self._reach()
            self.destroyed.append((tenant, transfer))
            self.blobs = {ref: one for ref, one in self.blobs.items() if not self._under(ref, tenant, transfer)}
            self.uploads = {n: one for n, one in self.uploads.items() if not self._under(one.ref, tenant, transfer)}

    def destroy_all(self, tenant: str, transfers: Sequence[str]) -> None:
        for transfer in transfers:
            self.destroy(tenant, transfer)

    def remaining(self, tenant: str, transfer: str) -> list[str]:
        prefix = transfer_prefix(tenant, transfer) + "/"
        with self._lock:
            self._reach()
            left = [f"{blob_key(r.tenant, r.transfer, r.blob)}@{one.version}" for r, one in self.blobs.items()]
            return sorted(name for name in [*left, *self.uploads] if name.startswith(prefix))

    def free_bytes(self) -> int | None:
        self._reach()
        return 0 if self.full else self.room

    def _join(self, ref: BlobRef, name: str, sizes: tuple[int, ...]) -> FakeBlob:
        upload = self.uploads.get(name)
        held = upload.parts if upload else {}
        if not sizes or any(number not in held for number in range(1, len(sizes) + 1)):
            raise Refused("part_missing", "The store does not hold every part.")
        if len(held) != len(sizes) or any(len(held[n]) != size for n, size in enumerate(sizes, 1)):
            raise Refused("part_wrong", "A part has another size than the plan.")
        data = b"".join(held[number] for number in range(1, len(sizes) + 1))
        self.blobs[ref] = FakeBlob(f"v{next(self._numbers)}", data, sizes)
        del self.uploads[name]
        return self.blobs[ref]

    def _sign(self, grant: FakeGrant, base_url: str, headers: dict[str, str]) -> SignedUrl:
        key = blob_key(grant.ref.tenant, grant.ref.transfer, grant.ref.blob)
        url = f"{base_url}/blobs/{key}?n={grant.number}&size={grant.size}&exp={grant.expires_at}&sig={next(self._numbers)}"
        self.urls[url] = grant
        return SignedUrl(grant.method, url, headers, grant.expires_at)

    def _grant(self, signed: SignedUrl | str, method: str) -> FakeGrant:
        grant = self.urls.get(signed if isinstance(signed, str) else signed.url)
        if grant is None or grant.method != method:
            raise Refused("url_invalid", "This address was not signed here.")
        if self.now() >= grant.expires_at:
            raise Refused("url_expired", "This address has expired.")
        return grant

    def _blob(self, ref: BlobRef, version: str) -> FakeBlob:
        blob = self.blobs.get(ref)
        if blob is None or blob.version != version:
            raise NotFound
        return blob

    def _name(self, ref: BlobRef, upload: str) -> str:
        return f"{blob_key(ref.tenant, ref.transfer, ref.blob)}#{upload}"

    def _under(self, ref: BlobRef, tenant: str, transfer: str) -> bool:
        return (ref.tenant, ref.transfer) == (tenant, transfer)

    def _reach(self, *, write: bool = False) -> None:
        if self.failure is not None:
            raise self.failure
        if self.away:
            raise StoreAway
        if write and self.full:
            raise StoreFull
