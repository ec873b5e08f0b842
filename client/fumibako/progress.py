"""Progress for people: a bar with rate and time left on a terminal, nothing in a pipe."""

import sys
import threading
import time
from typing import Protocol, TextIO

from fumibako.messages import text

_WIDTH = 28
_EVERY = 0.1
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


class Progress(Protocol):
    """Told of bytes as they are done, from any thread."""

    def add(self, count: int) -> None: ...


class Silent:
    """For pipes, ``--json`` and the library."""

    def add(self, count: int) -> None:
        """Nothing to show."""


def readable_size(count: float) -> str:
    """1,536 -> ``1.5 KiB``: binary units, one decimal from KiB on."""
    for unit in _UNITS[:-1]:
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} {_UNITS[-1]}"


def readable_time(seconds: float) -> str:
    """75 -> ``1:15``, 3,700 -> ``1:01:40``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Bar:
    """One line on stderr, redrawn ten times a second at most. The rate is over the last ten seconds."""

    def __init__(self, label: str, total: int, stream: TextIO) -> None:
        self._label = label
        self._total = total
        self._stream = stream
        self._lock = threading.Lock()
        self._done = 0
        self._drawn = 0.0
        self._marks: list[tuple[float, int]] = [(time.monotonic(), 0)]

    def add(self, count: int) -> None:
        """``count`` more bytes are done."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._drawn >= _EVERY:
                self._draw(now)

    def finish(self) -> None:
        """Draw the last state and end the line."""
        with self._lock:
            self._draw(time.monotonic())
            self._stream.write("\n")
            self._stream.flush()

    def _draw(self, now: float) -> None:
        self._drawn = now
        self._marks.append((now, self._done))
        while len(self._marks) > 2 and now - self._marks[0][0] > 10:
            self._marks.pop(0)
        then, before = self._marks[0]
        rate = (self._done - before) / (now - then) if now > then else 0.0
        share = self._done / self._total if self._total else 1.0
        filled = round(_WIDTH * min(1.0, share))
        left = text("time_left", time=readable_time((self._total - self._done) / rate)) if rate > 0 else ""
        line = f"{self._label} [{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%} {readable_size(rate)}/s {left}"
        self._stream.write(f"\r{line}\x1b[K")
        self._stream.flush()


def bar_or_silent(label: str, total: int) -> Bar | Silent:
    """A bar when stderr is a terminal, else silence."""
    return Bar(label, total, sys.stderr) if sys.stderr.isatty() else Silent()
