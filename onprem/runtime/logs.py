"""JSON logs, one object a line on stderr: time, level, logger, message, request id, and the fields given as ``extra``.

Nobody logs a query, a body, a header, a name or an address; routes stand there as templates. Exceptions appear as type and places,
for their text may quote what people sent.
"""

import json
import logging
import sys
import threading
import time
import traceback
from collections import deque
from typing import Any, Final, TextIO

from chalicelib.api.request_scope import request_id
from chalicelib.domain.timestamps import rfc3339
from chalicelib.settings import LogLevel

DELAY_SECONDS: Final = 0.1
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# These libraries log whole requests, with addresses and queries, at their lower levels.
_TALKATIVE: Final = (
    "uvicorn.access",
    "uvicorn.error",
    "uvicorn.asgi",
    "botocore",
    "boto3",
    "urllib3",
    "httpx",
    "sqlalchemy",
    "alembic",
    "asyncio",
)


class JSONFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["exception"] = type(error).__name__
            line["places"] = [
                f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)
            ][-12:]
        return json.dumps(line, ensure_ascii=False, default=str)


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
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
