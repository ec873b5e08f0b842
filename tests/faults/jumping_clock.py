"""The runtime with a host clock that a test can move: run instead of ``python -m onprem.runtime``. CLOCK_FILE holds 8 bytes: by how many
milliseconds it is ahead. Only the wall clock jumps; the monotonic one does not, as on a real host."""

import mmap
import os
import struct
import sys
import time
from pathlib import Path

from onprem.runtime.__main__ import main

OFFSET = struct.Struct("<q")
_time, _time_ns = time.time, time.time_ns


def run() -> int:
    with Path(os.environ["CLOCK_FILE"]).open("rb") as file:
        shown = mmap.mmap(file.fileno(), OFFSET.size, access=mmap.ACCESS_READ)
    time.time_ns = lambda: _time_ns() + OFFSET.unpack_from(shown)[0] * 1_000_000
    time.time = lambda: _time() + OFFSET.unpack_from(shown)[0] / 1000
    return main()


class JumpingClock:
    """The test's side of it. ``ahead`` is for good: an install that has seen a moment never goes back before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ahead_ms = 0
        self.show(0)

    def show(self, milliseconds: int) -> None:
        """From now on the host is so far ahead of real time."""
        if not self._path.exists():
            self._path.write_bytes(OFFSET.pack(milliseconds))
            return
        with self._path.open("r+b") as file:
            file.write(OFFSET.pack(milliseconds))

    def forward(self, milliseconds: int) -> None:
        self.ahead_ms += milliseconds
        self.show(self.ahead_ms)

    def back(self, milliseconds: int) -> None:
        """Behind what the install has seen, until ``catch_up``."""
        self.show(self.ahead_ms - milliseconds)

    def catch_up(self) -> None:
        self.show(self.ahead_ms)


if __name__ == "__main__":
    sys.exit(run())
