"""Files and blobs of a transfer: what the pages hold, and which pages an id can be in.

A file lies in a blob at ``offset`` for ``length`` bytes (ciphertext; plaintext for the class plain). Small files of managed and sealed
transfers share a blob (a pack). A file is *named* once its record was given, and *stored* once its blob is complete.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MAX_FILES = 10_000
FILES_A_CALL = 500
FILES_A_PAGE = 250
# A sealed record may have 4,096 bytes and is not known at create, so a page keeps room for the longest ones.
SEALED_FILES_A_PAGE = 50
PAGE_BYTES = 300_000
RANGE_CHARACTERS = 16


@dataclass(frozen=True)
class FileEntry:
    """``name`` and ``media_type`` stand here for plain files only; for others they are inside ``record`` (sealed bytes).

    ``size`` is plaintext, None while unknown. ``checksum`` is what the client gave; ``header`` the 40 bytes its ciphertext begins with.
    """

    id: str
    index: int
    blob: str
    offset: int
    length: int | None
    size: int | None
    packed: bool
    name: str | None = None
    media_type: str = ""
    record: bytes | None = None
    header: bytes | None = None
    checksum: str | None = None
    named: bool = False
    stored: bool = False
    scan: str = "pending"

    def changed(self, **values: Any) -> "FileEntry":
        """``dataclasses.replace`` without a call for each member: a request with 500 files makes a thousand of them."""
        entry = object.__new__(FileEntry)
        vars(entry).update(vars(self), **values)
        return entry


@dataclass(frozen=True)
class BlobEntry:
    """A blob's part plan and, once there, its upload. ``version`` (record version) is 0 while no upload record was written.

    ``size`` is None while unknown; ``files`` how many files lie in it, ``named`` how many of them were named; ``file_pages`` the pages that
    hold them. ``upload`` is the store's token, ``stored_version`` and ``checksum`` what it said at complete. ``held`` counts the bytes that parts of a blob
    of unknown length may bring, until it is complete.
    """

    id: str
    size: int | None
    part_size: int
    single: bool
    growing: bool
    files: int
    file_pages: tuple[int, ...]
    version: int = 0
    upload: str | None = None
    named: int = 0
    stored_version: str | None = None
    checksum: str | None = None
    held: int = 0

    @property
    def complete(self) -> bool:
        """Whether the store has joined it."""
        return self.stored_version is not None


IdRange = tuple[str, str]


def id_range(ids: Sequence[str]) -> IdRange:
    """The first and last id of a page, cut to their time and some random bits: enough to find a page, short enough for the head."""
    bodies = [one[3 : 3 + RANGE_CHARACTERS] for one in ids]
    return min(bodies), max(bodies)


def pages_of(ranges: Sequence[IdRange], ids: Iterable[str]) -> list[int]:
    """Numbers of the pages that may hold these ids, in order. Ranges may overlap where two hosts' clocks differ."""
    bodies = sorted({one[3 : 3 + RANGE_CHARACTERS] for one in ids})
    found = []
    for n, (first, last) in enumerate(ranges):
        at = bisect_left(bodies, first)
        if at < len(bodies) and bodies[at] <= last:
            found.append(n)
    return found


def cut_pages(sizes: Sequence[int], *, most: int = FILES_A_PAGE, bytes_most: int = PAGE_BYTES) -> list[int]:
    """How many entries go into each page, given the stored bytes of each entry: at most ``most`` entries and ``bytes_most`` bytes."""
    counts: list[int] = []
    filled = 0
    for size in sizes:
        if not counts or counts[-1] == most or filled + size > bytes_most:
            counts.append(0)
            filled = 0
        counts[-1] += 1
        filled += size
    return counts
