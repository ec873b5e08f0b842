"""JSON logs, one object a line on stderr: time, level, logger, message, request id, and the fields given as ``extra``.

Nobody logs a query, a body, a header, a name or an address; routes stand there as templates. Exceptions appear as type and places,
for their text may quote what people sent.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.api.request_scope import request_id
from chalicelib.settings import LogLevel

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
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
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


def configure_logs(level: LogLevel) -> None:
    """Send everything through the formatter. Repeating it changes only the level."""
    root = logging.getLogger()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
