"""An install whose public address is a line: whatever anybody asks of it passes there, is written down, and may be struck."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.support.install import Install
from tests.e2e.support.ports import reserved_port
from tests.faults.acknowledged import Acknowledged
from tests.faults.line.line import Fair, Line, Weather
from tests.faults.line.promises import Promises

PART_SIZE = 5 << 20


class LinedInstall(Install):
    """``log`` is what the server promised; ``line`` what lies between it and everybody. ``part_size``: 0 leaves it to the client."""

    def __init__(self, folder: Path, *, part_size: int = PART_SIZE, **settings: str) -> None:
        super().__init__(folder, **settings)
        inner = reserved_port()
        self.settings = {**settings, "LISTEN_PORT": str(inner)}
        self.log = folder / "acknowledged.jsonl"
        self.line = Line(self.port, inner, part_size=part_size, promise=Promises(self.log))

    def __enter__(self) -> Self:
        super().__enter__()
        self.line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.line.__exit__(kind, error, trace)

    @property
    def blobs(self) -> Path:
        """The folder of the blob store."""
        return Path(self.settings.get("BLOB_DIR") or self.data / "blobs")

    @property
    def acks(self) -> Acknowledged:
        """What was promised so far."""
        return Acknowledged.read(self.log)

    @contextmanager
    def weather(self, weather: Weather) -> Iterator[None]:
        """Bad until the end of the block."""
        self.line.weather = weather
        try:
            yield
        finally:
            self.line.weather = Fair()
