"""Blobs in a directory (XFS, ext4 or NFS 4), written and read through the runtime by signed addresses.

Implements ``BlobStore`` and ``BytePath``. ``filesystem_layout`` shows what lies where, ``filesystem_sink`` how a part becomes
durable. ``prepare`` makes the root once; afterwards every call first looks for the marker in it: an NFS or disk that is
not mounted shows an empty directory, and without this check its emptiness would be certified as destruction.

The room that is kept free (``reserve`` bytes) is for what else lies on the disk, the database first of all.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from chalicelib.adapters.filesystem_errors import exists, is_directory, translated
from chalicelib.adapters.filesystem_layout import TEMPORARY, FilesystemLayout
from chalicelib.adapters.filesystem_lock import transfer_lock
from chalicelib.adapters.filesystem_manifest import (
    Manifest,
    check_parts,
    read_manifest,
    require_manifest,
    write_manifest,
)
from chalicelib.adapters.filesystem_part import sync_directory
from chalicelib.adapters.filesystem_reading import held_parts, read_slices
from chalicelib.adapters.filesystem_removal import left_under, remove_transfer
from chalicelib.adapters.filesystem_sink import FilesystemPartSink
from chalicelib.adapters.filesystem_urls import FilesystemUrlSigner
from chalicelib.domain.errors import NotFound, Refused, StoreAway, StoreFull
from chalicelib.ports.blob_store import BlobRef, SignedUrl, StoredBlob, StoredPart
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
        directory = self._layout.blob(ref)
        with self._reached():
            self._require_room(0)
            for attempt in range(_TRIES):
                try:
                    self._make(ref, directory)
                    break
                except (NotFound, FileNotFoundError):
                    # A destroy of the same transfer removed what was just made; it is over once the lock was free.
                    if attempt == _TRIES - 1:
                        raise
        return "single" if single else "parts"

    def put_url(
        self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str
    ) -> SignedUrl:
        return self._urls.put(ref, number=number, size=size, expires_at=expires_at, base_url=base_url)

    def parts(self, ref: BlobRef, upload: str) -> list[StoredPart]:
        directory = self._layout.blob(ref)
        with self._reached():
            return [] if read_manifest(directory) else held_parts(directory)

    def complete(self, ref: BlobRef, upload: str, *, sizes: Sequence[int]) -> StoredBlob:
        directory = self._layout.blob(ref)
        with self._reached():
            try:
                with transfer_lock(self._layout.lock(ref.tenant, ref.transfer), exclusive=True):
                    manifest = read_manifest(directory) or self._join(directory, sizes)
            except NotFound as error:
                raise Refused("part_missing", "The store holds no such upload.") from error
        if manifest.sizes != tuple(sizes):
            raise Refused("part_wrong", "The blob was completed with other sizes.")
        return StoredBlob(manifest.size, manifest.version, None)

    def get_url(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        return self._urls.get(ref, version, expires_at=expires_at, base_url=base_url)

    def read(self, ref: BlobRef, version: str, *, offset: int, length: int) -> Iterator[bytes]:
        directory = self._layout.blob(ref)
        with self._reached():
            pieces = require_manifest(directory, version).slices(directory, offset, offset + length)
        return read_slices(pieces)

    def destroy(self, tenant: str, transfer: str) -> None:
        directory = self._layout.transfer(tenant, transfer)
        with self._reached():
            for _ in range(_TRIES):
                if is_directory(directory):
                    remove_transfer(directory, self._layout.lock(tenant, transfer))
            if is_directory(directory):
                raise StoreAway("The transfer's directory could not be emptied.")
            if is_directory(self._layout.tenant(tenant, transfer)):
                sync_directory(self._layout.tenant(tenant, transfer))

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

    def _make(self, ref: BlobRef, directory: str) -> None:
        tenant = self._layout.tenant(ref.tenant, ref.transfer)
        transfer = self._layout.transfer(ref.tenant, ref.transfer)
        for path in (tenant, transfer):
            _make_directory(path)
        with transfer_lock(self._layout.lock(ref.tenant, ref.transfer), exclusive=False, create=True):
            _make_directory(directory)
            # Also where the directory was there: its maker may have been killed before it synced the name.
            for path in (transfer, tenant, self._layout.root):
                sync_directory(path)

    def _join(self, directory: str, sizes: Sequence[int]) -> Manifest:
        held = held_parts(directory)
        check_parts(held, sizes)
        manifest = Manifest(self._random(16).hex(), tuple(sizes), tuple(part.etag for part in held))
        write_manifest(directory, manifest, self._random(8).hex())
        for name in os.listdir(directory):
            if name.startswith(TEMPORARY):
                os.unlink(f"{directory}/{name}")  # of a PUT that now can't commit any more, or of a killed process
        sync_directory(directory)
        return manifest


def _make_directory(path: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)
