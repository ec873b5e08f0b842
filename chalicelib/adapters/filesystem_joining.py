"""Beginning and completing the blobs of one transfer, any number at once.

A sync waits for the disk whatever it has to say, so several are asked for together: all new directories with one sync of their parent, all
manifests begun before the first is waited for. A journalling file system then writes one transaction where it wrote hundreds.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from chalicelib.adapters.filesystem_layout import TEMPORARY
from chalicelib.adapters.filesystem_lock import transfer_lock
from chalicelib.adapters.filesystem_manifest import Manifest, check_parts, read_manifest, together, write_manifests
from chalicelib.adapters.filesystem_part import sync_directory
from chalicelib.adapters.filesystem_reading import held_parts
from chalicelib.domain.errors import NotFound, Refused


def make_directories(lock: str, parents: Sequence[str], directories: Sequence[str]) -> None:
    """Make the blobs' directories and, first, ``parents`` (the root, the tenant's, the transfer's), all durably.

    Raises NotFound or FileNotFoundError when a destroy of the same transfer takes away what was just made.
    """
    for path in parents[1:]:
        _make(path)
    with transfer_lock(lock, exclusive=False, create=True):
        for path in directories:
            _make(path)
        # Also where a directory was there: its maker may have been killed before it synced the name.
        for path in reversed(parents):
            sync_directory(path)


def join_blobs(
    lock: str, wanted: Sequence[tuple[str, Sequence[int]]], random: Callable[[int], bytes]
) -> list[Manifest]:
    """The manifests of the blobs in these directories, written now where they are new; ``wanted`` has directory and sizes.

    Raises Refused("part_missing") or Refused("part_wrong") before anything is written.
    """
    try:
        with transfer_lock(lock, exclusive=True):
            found = {directory: read_manifest(directory) for directory, _ in wanted}
            fresh = {
                directory: _joined(directory, sizes, random) for directory, sizes in wanted if not found[directory]
            }
            write_manifests(fresh, [random(8).hex() for _ in fresh])
            for directory in fresh:
                _clean(directory)
            together(sync_directory, list(fresh))
    except NotFound as error:
        raise Refused("part_missing", "The store holds no such upload.") from error
    return [_same(found[directory] or fresh[directory], sizes) for directory, sizes in wanted]


def _make(path: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)


def _joined(directory: str, sizes: Sequence[int], random: Callable[[int], bytes]) -> Manifest:
    held = held_parts(directory)
    check_parts(held, sizes)
    return Manifest(random(16).hex(), tuple(sizes), tuple(part.etag for part in held))


def _clean(directory: str) -> None:
    for name in os.listdir(directory):
        if name.startswith(TEMPORARY):
            os.unlink(f"{directory}/{name}")  # of a PUT that now can't commit any more, or of a killed process


def _same(manifest: Manifest, sizes: Sequence[int]) -> Manifest:
    if manifest.sizes != tuple(sizes):
        raise Refused("part_wrong", "The blob was completed with other sizes.")
    return manifest
