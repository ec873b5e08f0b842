"""Progress where there is no terminal: a line now and then, for the log of a job that runs at night."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from fumibako.cli.manner import MANNER
from fumibako.messages import text
from fumibako.progress import Bar, Progress, Silent, readable_size, readable_time

EVERY_SECONDS: Final = 10.0


class Lines:
    """A whole line at most every ten seconds, and none where all is done sooner. ``total`` is None where nobody knows it."""

    def __init__(
        self, label: str, total: int | None, stream: TextIO, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._label = label
        self._total = total
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._done = 0
        self._then, self._before = clock(), 0

    def add(self, count: int) -> None:
        """``count`` more bytes are done."""
        with self._lock:
            self._done += count
            now = self._clock()
            if now - self._then >= EVERY_SECONDS:
                self._write((self._done - self._before) / (now - self._then))
                self._then, self._before = now, self._done

    def _write(self, rate: float) -> None:
        words = [self._label, f"{readable_size(self._done)}", f"{readable_size(rate)}/s"]
        if self._total:
            words.insert(1, f"{min(1.0, self._done / self._total):.0%}")
            rest = max(0, self._total - self._done)
            words += [text("time_left", time=readable_time(rest / rate))] if rate > 0 else []
        self._stream.write(f"fumibako: {' '.join(words)}\n")
        self._stream.flush()


@contextmanager
def shown(label: str, total: int | None) -> Iterator[Progress]:
    """A bar on a terminal, lines elsewhere, nothing with ``--quiet`` or ``--json``. The bar's line is ended whatever happens."""
    if MANNER.silent:
        yield Silent()
    elif total is None or not sys.stderr.isatty():
        yield Lines(label, total, sys.stderr)
    else:
        bar = Bar(label, total, sys.stderr)
        try:
            yield bar
        finally:
            bar.finish()
