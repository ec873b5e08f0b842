"""An install behind a line whose speed a test sets: something can then happen in the middle of a download, whoever carries the bytes.

Chromium's own throttling slows what a page asks for, and not what the browser fetches for its download list.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.browser.support.built_page import BuiltPage
from tests.browser.support.site import Site
from tests.e2e.support.ports import reserved_port
from tests.faults.line.line import Line


class SlowSite(Site):
    """As fast as the machine until ``at`` says otherwise."""

    def __init__(self, folder: Path, page: BuiltPage) -> None:
        inner = reserved_port()
        super().__init__(folder, page, LISTEN_PORT=str(inner))
        self._line = Line(self.port, inner)

    def __enter__(self) -> Self:
        super().__enter__()
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._line.__exit__(kind, error, trace)

    @contextmanager
    def at(self, rate: float, *, life: float = 0.0) -> Iterator[None]:
        """So many bytes a second, which all connections share, until the end of the block. ``life`` ends each connection after so many seconds."""
        self._line.pace.rate, self._line.life = rate, life
        try:
            yield
        finally:
            self._line.pace.rate = self._line.life = 0.0
