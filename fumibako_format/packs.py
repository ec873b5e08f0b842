"""Packs: small files share a blob, one complete ciphertext stream after another.

A file of under 1 MiB of plaintext goes into the open pack, or opens the next where the pack would pass 64 MiB. Larger
files and files of unknown length have a blob each. Blobs are numbered in the order in which they begin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fumibako_format.streaming import ciphertext_size

PACKED_BELOW = 1 << 20
PACK_LIMIT = 64 << 20


@dataclass(frozen=True)
class Placement:
    """Where a file's ciphertext lies: ``length`` bytes from ``offset`` in the ``blob``-th blob of the plan.

    ``length`` is None for a file of unknown length, which has a blob of its own.
    """

    blob: int
    offset: int
    length: int | None
    packed: bool


def plan_packs(plaintext_sizes: Sequence[int | None]) -> list[Placement]:
    """Place files in the order given; raises LengthError on a size no file can have."""
    placements: list[Placement] = []
    blobs, pack, end = 0, -1, PACK_LIMIT
    for size in plaintext_sizes:
        length = None if size is None else ciphertext_size(size)
        if size is None or length is None or size >= PACKED_BELOW:
            placements.append(Placement(blobs, 0, length, packed=False))
            blobs += 1
            continue
        if end + length > PACK_LIMIT:
            pack, end, blobs = blobs, 0, blobs + 1
        placements.append(Placement(pack, end, length, packed=True))
        end += length
    return placements
