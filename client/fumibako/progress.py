"""Progress for people: a bar with rate and time left on a terminal, nothing in a pipe."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from fumibako.columns import columns_of
from fumibako.messages import text

_WIDTH = 28
_LEAST_WIDTH = 8
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
        # What travels is a little more than the files: headers and tags.
        share = min(1.0, self._done / self._total) if self._total else 1.0
        rest = max(0, self._total - self._done)
        left = text("time_left", time=readable_time(rest / rate)) if rate > 0 else ""
        # One column stays free: a full line would wrap, and the next would begin below it.
        columns = self._columns_there() - 1
        words = f"{share:4.0%} {readable_size(rate)}/s {left}".rstrip()
        width = min(_WIDTH, columns - columns_of(self._label) - columns_of(words) - 4)
        filled = round(width * share)
        bar = f"[{'#' * filled}{'.' * (width - filled)}] " if width >= _LEAST_WIDTH else ""
        line = f"{self._label} {bar}{words}"
        while columns_of(line) > columns and line:
            line = line[:-1]
        self._stream.write(f"\r{line}\x1b[K")
        self._stream.flush()

    def _columns_there(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80


@contextmanager
def shown(label: str, total: int) -> Iterator[Progress]:
    """A bar when stderr is a terminal, else silence. Its line is ended whatever happens, so that an error stands on one of its own."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    bar = Bar(label, total, sys.stderr)
    try:
        yield bar
    finally:
        bar.finish()
