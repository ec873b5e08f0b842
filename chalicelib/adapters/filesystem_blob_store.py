"""Blobs in a directory (XFS, ext4 or NFS 4), written and read through the runtime by signed addresses.

Implements ``BlobStore`` and ``BytePath``. ``filesystem_layout`` shows what lies where, ``filesystem_sink`` how a part becomes
durable. ``prepare`` makes the root once; afterwards every call first looks for the marker in it: an NFS or disk that is
not mounted shows an empty directory, and without this check its emptiness would be certified as destruction.

The room that is kept free (``reserve`` bytes) is for what else lies on the disk, the database first of all.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from chalicelib.adapters.filesystem_errors import exists, is_directory, translated
from chalicelib.adapters.filesystem_joining import join_blobs, make_directories
from chalicelib.adapters.filesystem_layout import FilesystemLayout
from chalicelib.adapters.filesystem_manifest import read_manifest, require_manifest
from chalicelib.adapters.filesystem_part import sync_directory
from chalicelib.adapters.filesystem_reading import held_parts, read_slices
from chalicelib.adapters.filesystem_removal import left_under, remove_transfer
from chalicelib.adapters.filesystem_sink import FilesystemPartSink
from chalicelib.adapters.filesystem_urls import FilesystemUrlSigner
from chalicelib.domain.errors import NotFound, StoreAway, StoreFull
from chalicelib.ports.blob_store import BlobRef, Joining, SignedUrl, StoredBlob, StoredPart
from chalicelib.ports.byte_path import ByteGrant, FileSlice

_TRIES = 5


class FilesystemBlobStore:
    """One root directory, shared by any number of processes. Building it does no I/O."""

    def __init__(
        self, root: str, secret: bytes, *, reserve: int = 0, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._layout = FilesystemLayout(os.path.abspath(root))
        self._urls = FilesystemUrlSigner(secret)
        self._reserve = reserve
        self._random = random

    @property
    def late_puts(self) -> bool:
        return False  # a PUT needs the transfer's directory, and destroy takes it away

    def prepare(self) -> None:
        """Make the root and its marker; repeating it is no error. For the first start, never for later ones."""
        with translated():
            os.makedirs(self._layout.root, mode=0o700, exist_ok=True)
            os.close(os.open(self._layout.marker, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            sync_directory(self._layout.root)

    # BlobStore

    def begin(self, ref: BlobRef, *, single: bool) -> str:
        return self.begin_all([ref], single=single)[0]

    def begin_all(self, refs: Sequence[BlobRef], *, single: bool) -> list[str]:
        with self._reached():
            self._require_room(0)
            for transfer, mine in _by_transfer(refs):
                self._make(transfer, [self._layout.blob(ref) for ref in mine])
        return ["single" if single else "parts" for _ in refs]

    def put_url(
        self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str
    ) -> SignedUrl:
        return self._urls.put(ref, number=number, size=size, expires_at=expires_at, base_url=base_url)

    def parts(self, ref: BlobRef, upload: str) -> list[StoredPart]:
        directory = self._layout.blob(ref)
        with self._reached():
            return [] if read_manifest(directory) else held_parts(directory)

    def complete(self, ref: BlobRef, upload: str, *, sizes: Sequence[int]) -> StoredBlob:
        return self.complete_all([Joining(ref, upload, sizes)])[0]

    def complete_all(self, joining: Sequence[Joining]) -> list[StoredBlob]:
        found: dict[BlobRef, StoredBlob] = {}
        with self._reached():
            for transfer, mine in _by_transfer([one.ref for one in joining]):
                sizes = {one.ref: one.sizes for one in joining}
                wanted = [(self._layout.blob(ref), sizes[ref]) for ref in mine]
                manifests = join_blobs(self._layout.lock(*transfer), wanted, self._random)
                stored = [StoredBlob(manifest.size, manifest.version, None) for manifest in manifests]
                found |= zip(mine, stored, strict=True)
        return [found[one.ref] for one in joining]

    def get_url(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        return self._urls.get(ref, version, expires_at=expires_at, base_url=base_url)

    def read(self, ref: BlobRef, version: str, *, offset: int, length: int) -> Iterator[bytes]:
        directory = self._layout.blob(ref)
        with self._reached():
            pieces = require_manifest(directory, version).slices(directory, offset, offset + length)
        return read_slices(pieces)

    def destroy(self, tenant: str, transfer: str) -> None:
        self.destroy_all(tenant, [transfer])

    def destroy_all(self, tenant: str, transfers: Sequence[str]) -> None:
        with self._reached():
            try:
                for transfer in transfers:
                    self._empty(tenant, transfer)
            finally:
                # Once for all of them: the folder is the tenant's.
                for folder in {self._layout.tenant(tenant, transfer) for transfer in transfers}:
                    if is_directory(folder):
                        sync_directory(folder)

    def _empty(self, tenant: str, transfer: str) -> None:
        directory = self._layout.transfer(tenant, transfer)
        for _ in range(_TRIES):
            if is_directory(directory):
                remove_transfer(directory, self._layout.lock(tenant, transfer))
        if is_directory(directory):
            raise StoreAway("The transfer's directory could not be emptied.")

    def remaining(self, tenant: str, transfer: str) -> list[str]:
        directory = self._layout.transfer(tenant, transfer)
        with self._reached():
            return sorted(os.path.relpath(path, self._layout.root) for path in left_under(directory))

    def free_bytes(self) -> int | None:
        with self._reached():
            disk = os.statvfs(self._layout.root)
        return max(0, disk.f_bavail * disk.f_frsize - self._reserve)

    # BytePath

    def authorize(self, method: str, path: str, query: Mapping[str, str], *, now: int) -> ByteGrant:
        return self._urls.grant(method, path, query, now=now)

    def sink(self, grant: ByteGrant) -> FilesystemPartSink:
        with self._reached():
            self._require_room(grant.size or 0)
            return FilesystemPartSink(self._layout, grant, self._random)

    def size(self, grant: ByteGrant) -> int:
        with self._reached():
            return require_manifest(self._layout.blob(grant.ref), grant.version or "").size

    def slices(self, grant: ByteGrant, *, start: int, end: int) -> list[FileSlice]:
        """``end`` is exclusive, as in Python's slices; an HTTP range's last byte is ``end - 1``."""
        directory = self._layout.blob(grant.ref)
        with self._reached():
            return require_manifest(directory, grant.version or "").slices(directory, start, end)

    # Inside

    @contextmanager
    def _reached(self) -> Iterator[None]:
        with translated():
            if not exists(self._layout.marker):
                raise StoreAway("The blob store's directory is not there: not mounted, or never prepared.")
            yield

    def _require_room(self, size: int) -> None:
        disk = os.statvfs(self._layout.root)
        if disk.f_bavail * disk.f_frsize - self._reserve < size:
            raise StoreFull

    def _make(self, transfer: tuple[str, str], directories: Sequence[str]) -> None:
        layout = self._layout
        parents = (layout.root, layout.tenant(*transfer), layout.transfer(*transfer))
        for attempt in range(_TRIES):
            try:
                return make_directories(layout.lock(*transfer), parents, directories)
            except (NotFound, FileNotFoundError):
                # A destroy of the same transfer removed what was just made; it is over once the lock was free.
                if attempt == _TRIES - 1:
                    raise
        return None


def _by_transfer(refs: Sequence[BlobRef]) -> list[tuple[tuple[str, str], list[BlobRef]]]:
    """The transfers in the order they come first, each with its refs, each ref once."""
    found: dict[tuple[str, str], dict[BlobRef, None]] = {}
    for ref in refs:
        found.setdefault((ref.tenant, ref.transfer), {})[ref] = None
    return [(transfer, list(mine)) for transfer, mine in found.items()]
