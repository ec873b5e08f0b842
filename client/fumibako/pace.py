"""How many parts are on their way at once: two at first, more while that makes the line faster."""

import threading
import time
from collections.abc import Callable

FIRST, MOST = 2, 8
# An increase pays where the rate grows by a tenth.
_GAIN = 1.1
_LEAST_SECONDS = 0.3
_LOOK_AGAIN_SECONDS = 20.0
# At such a rate it is no longer the way there and back that parts wait for: more of them would only take memory (bytes per second).
_FAST, _ENOUGH = 200e6, 4
# Many proxies and networks cut a connection after a minute, and what a cut request carried is sent again. So no more share the line than
# let each of them end in half of that, however little that is (spec: parts).
LONGEST_REQUEST_SECONDS = 25.0


class Pace:
    """Told of each part as it arrives, from any thread; ``width`` is what to have in flight.

    Grows by two while the rate of a stretch (twice the width in parts, 0.3 s or more) is a tenth over the best so far, goes one step
    back where it was not, and looks again after 20 s: lines change. Four are enough above 200 MB/s. Never so wide that one request takes longer than 25 s, if one alone
    does not.
    """

    def __init__(self, most: int = MOST, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._width = min(FIRST, most)
        self._best = 0.0
        self._settled_at: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._since, self._bytes, self._parts = self._clock(), 0, 0

    def width(self) -> int:
        """Parts to have in flight, 1 to ``most``."""
        return self._width

    def add(self, count: int) -> None:
        """A part of so many bytes has arrived."""
        with self._lock:
            self._bytes += count
            self._parts += 1
            now = self._clock()
            if self._parts >= 2 * self._width and now - self._since >= _LEAST_SECONDS:
                rate, part = self._bytes / (now - self._since), self._bytes / self._parts
                self._judge(rate, now)
                self._width = max(1, min(self._width, int(rate * LONGEST_REQUEST_SECONDS / part)))
                self._begin()

    def lost(self) -> None:
        """A request was cut before its end: one fewer at once, so that the others end sooner."""
        with self._lock:
            self._width = max(1, self._width - 1)

    def _judge(self, rate: float, now: float) -> None:
        if self._settled_at is not None:
            if now - self._settled_at > _LOOK_AGAIN_SECONDS and not (rate > _FAST and self._width >= _ENOUGH):
                self._settled_at, self._best = None, rate
                self._width = min(self._most, self._width + 2)
            return
        if rate > _FAST and self._width >= _ENOUGH:
            self._settled_at = now
        elif rate > self._best * _GAIN:
            self._best = rate
            if self._width < self._most:
                self._width = min(self._most, self._width + 2)
            else:
                self._settled_at = now
        else:
            self._width = max(min(FIRST, self._most), self._width - 2)
            self._settled_at = now
