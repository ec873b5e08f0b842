"""JSON log lines, one object each: time, level, logger, message, request id, and the fields given as ``extra``; on hosts and on Lambda.

Nobody logs a query, a body, a header, a name or an address; routes stand there as templates. Exceptions appear as type and places,
for their text may quote what people sent.
"""

import json
import logging
import traceback
from typing import Any, Final

from chalicelib.api.request_scope import request_id
from chalicelib.domain.timestamps import rfc3339

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# Lambda's own handler puts it on every record; ours is the client's, where it sent one.
_OF_LAMBDA: Final = frozenset(("aws_request_id", "tenant_id"))
# These libraries log whole requests, with addresses and queries, at their lower levels.
TALKATIVE: Final = (
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
        line.update(
            {name: value for name, value in vars(record).items() if name not in _STANDARD and name not in _OF_LAMBDA}
        )
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["exception"] = type(error).__name__
            line["places"] = [
                f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)
            ][-12:]
        return json.dumps(line, ensure_ascii=False, default=str)


def set_levels(level: str) -> None:
    """The least level that is logged, in capitals; never below WARNING for the talkative libraries."""
    root = logging.getLogger()
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
