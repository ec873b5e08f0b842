"""Ctrl-C and SIGTERM between two lines, never inside one: what was printed is exactly what was told to be printed."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupts:
    """``with Interrupts() as stop``: inside ``with stop.whole_line():`` an interrupt waits; a second one does not."""

    def __init__(self) -> None:
        self.asked = False
        self._held = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for which in (signal.SIGINT, signal.SIGTERM):
            self._before[which] = signal.signal(which, self._come)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for which, before in self._before.items():
            signal.signal(which, before)

    def _come(self, _number: int, _frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if again or not self._held:
            raise KeyboardInterrupt

    @contextmanager
    def whole_line(self) -> Iterator[None]:
        """What happens inside happens whole. Raises KeyboardInterrupt behind it where one came meanwhile."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.asked:
            raise KeyboardInterrupt
