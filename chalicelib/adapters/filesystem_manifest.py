"""``manifest.json``: what makes a blob finished. It is written once, by rename, and names the parts; nothing is copied.

Shape: ``{"format": 1, "version": <32 hex>, "sizes": [<bytes>, ...], "etags": [<etag>, ...]}``. A format this code does not know
raises ValueError, which passes up: guessing would hand out wrong bytes.
"""

import json
import os
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from chalicelib.adapters.filesystem_layout import MANIFEST, TEMPORARY, part_name
from chalicelib.adapters.filesystem_part import write_all
from chalicelib.adapters.filesystem_writeback import begin_writing_back
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.ports.blob_store import StoredPart
from chalicelib.ports.byte_path import FileSlice

FORMAT = 1
SYNCS = 8


@dataclass(frozen=True)
class Manifest:
    """A finished blob: its version and its parts' sizes and etags, in order."""

    version: str
    sizes: tuple[int, ...]
    etags: tuple[str, ...]

    @cached_property
    def ends(self) -> list[int]:
        """Where each part ends in the whole."""
        return list(accumulate(self.sizes))

    @property
    def size(self) -> int:
        """Length of the whole in bytes."""
        return self.ends[-1]

    def slices(self, directory: str, start: int, end: int) -> list[FileSlice]:
        """The bytes ``start`` to ``end`` (exclusive) as pieces of part files. Raises Refused("range_wrong")."""
        if not 0 <= start <= end <= self.size:
            raise Refused("range_wrong", "The range lies outside the blob.")
        found = []
        index = bisect_right(self.ends, start)
        while start < end:
            before = self.ends[index] - self.sizes[index]
            stop = min(end, self.ends[index])
            found.append(FileSlice(f"{directory}/{part_name(index + 1)}", start - before, stop - start))
            start, index = stop, index + 1
        return [piece for piece in found if piece.length]


def read_manifest(directory: str) -> Manifest | None:
    """The manifest in a blob's directory, or None where there is none."""
    try:
        with open(f"{directory}/{MANIFEST}", "rb") as file:
            content = json.loads(file.read())
    except FileNotFoundError:
        return None
    if content.get("format") != FORMAT:
        raise ValueError("A manifest of the blob store has a format that this version does not know.")
    return Manifest(content["version"], tuple(content["sizes"]), tuple(content["etags"]))


def require_manifest(directory: str, version: str) -> Manifest:
    """The manifest of exactly this version; raises NotFound."""
    manifest = read_manifest(directory)
    if manifest is None or manifest.version != version:
        raise NotFound
    return manifest


def write_manifests(manifests: Mapping[str, Manifest], temporaries: Sequence[str]) -> None:
    """Write each into its directory: temp files, their fdatasync, renames. The caller holds the lock exclusively and syncs the directories.

    Where there is no room for one of them no temp file is left.
    """
    paths = [f"{directory}/{TEMPORARY}{name}" for directory, name in zip(manifests, temporaries, strict=True)]
    try:
        for path, manifest in zip(paths, manifests.values(), strict=True):
            _write(path, manifest)
        together(_sync, paths)
        for path, directory in zip(paths, manifests, strict=True):
            os.rename(path, f"{directory}/{MANIFEST}")
    except BaseException:
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(path)
        raise


def together(sync: Callable[[str], None], paths: Sequence[str]) -> None:
    """``sync`` each path, several at the same time: the file system makes one flush of those that wait together. Raises what one raised."""
    if len(paths) < 2:
        for path in paths:
            sync(path)
        return
    with ThreadPoolExecutor(min(SYNCS, len(paths))) as threads:
        for _ in threads.map(sync, paths):
            pass


def _sync(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(file)
    finally:
        os.close(file)


def _write(path: str, manifest: Manifest) -> None:
    content = {
        "format": FORMAT,
        "version": manifest.version,
        "sizes": list(manifest.sizes),
        "etags": list(manifest.etags),
    }
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        write_all(file, json.dumps(content, separators=(",", ":")).encode())
        begin_writing_back(file, 0, 0)
    finally:
        os.close(file)


def check_parts(held: Sequence[StoredPart], sizes: Sequence[int]) -> None:
    """Raises Refused("part_missing") or Refused("part_wrong") unless the parts are 1..n with exactly these sizes."""
    numbers = {part.number for part in held}
    if not sizes or any(number not in numbers for number in range(1, len(sizes) + 1)):
        raise Refused("part_missing", "The store does not hold every part.")
    if len(held) != len(sizes) or any(part.size != size for part, size in zip(held, sizes, strict=True)):
        raise Refused("part_wrong", "A part has another size than the plan.")
