"""CRC-32s of what compatible downloads have read already, so that a zip that is taken up again need not be read from its beginning.

They stay in the process alone: a CRC of a file's plaintext says something about it, and has no business in a database. Without them the
answer is the same and takes longer.
"""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

Buffer = bytes | memoryview
FILES: Final = 10_000
STEP: Final = 64 * 1024**2
STEPS_A_FILE: Final = 256


class KeptChecksums:
    """The CRC of the first bytes of a file's version, at several lengths; the 10,000 files used last are kept. For several threads.

    ``crc32`` sums on (bytes, sum so far); a host may have a faster one than zlib's.
    """

    def __init__(self, most: int = FILES, *, crc32: Callable[[Buffer, int], int] = zlib.crc32) -> None:
        self._most = most
        self.crc32 = crc32
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], dict[int, int]] = OrderedDict()

    def keep(self, file: str, version: str, length: int, crc: int) -> None:
        """Remember one."""
        with self._lock:
            sums = self._kept.setdefault((file, version), {})
            sums[length] = crc
            if len(sums) > 2 * STEPS_A_FILE:
                del sums[next(iter(sums))]
            self._kept.move_to_end((file, version))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def nearest(self, file: str, version: str, length: int) -> tuple[int, int]:
        """The longest length up to ``length`` whose CRC is known, and that CRC: (0, 0) where nothing is."""
        with self._lock:
            known = self._kept.get((file, version), {})
            best = max((one for one in known if one <= length), default=0)
            return best, known.get(best, 0)


def step_of(size: int) -> int:
    """After how many bytes of a file of this size a sum is kept: 256 for a file at most."""
    return max(STEP, -(-size // STEPS_A_FILE))
