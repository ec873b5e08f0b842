"""JSON logs on stderr; what is in a line, and what is not, stands in chalicelib/api/log_lines.py."""

import logging
import sys
import threading
import time
from collections import deque
from typing import Final, TextIO

from chalicelib.api.log_lines import JSONFormatter, set_levels
from chalicelib.settings import LogLevel

DELAY_SECONDS: Final = 0.1


class BatchedHandler(logging.StreamHandler[TextIO]):
    """Lines of one moment in one write: at most ``DELAY_SECONDS`` after the first of them, warnings and worse at once.

    A write for each line lets the interpreter's lock go, and the thread that serves every connection then waits its turn behind those that
    work on requests: it took a quarter of the requests a second (docs/decisions/0012-speed-of-a-request.md).
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: deque[str] = deque()
        self._waiting = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._write_on, name="logs", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line for the next write."""
        self._lines.append(self.format(record))
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._waiting.is_set():
            self._waiting.set()

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if not lines:
                return
            try:
                self.stream.write("\n".join(lines) + "\n")
                self.stream.flush()
            except (OSError, ValueError):
                return  # Nobody reads any more; a service does not end for its log.

    def close(self) -> None:
        """Write what waits; ``logging.shutdown`` calls this when the process ends."""
        self.flush()
        super().close()

    def _write_on(self) -> None:
        while True:
            self._waiting.wait()
            self._waiting.clear()
            time.sleep(DELAY_SECONDS)
            self.flush()


def configure_logs(level: LogLevel) -> None:
    """Send everything through the formatter. Repeating it changes only the level."""
    root = logging.getLogger()
    if not any(isinstance(handler, BatchedHandler) for handler in root.handlers):
        handler = BatchedHandler(sys.stderr)
        handler.setFormatter(JSONFormatter())
        root.handlers[:] = [handler]
    set_levels(level.upper())
