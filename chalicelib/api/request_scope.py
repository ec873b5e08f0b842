"""What belongs to one request and to no other: Chalice's request and Lambda context, and the request id that logs carry.

Chalice keeps them on the shared app object, where two threads of one process overwrite each other's. A context variable has one
value per thread and task.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from chalice.app import Request

current_request: ContextVar[Request | None] = ContextVar("current_request", default=None)
lambda_context: ContextVar[Any] = ContextVar("lambda_context", default=None)
request_id: ContextVar[str] = ContextVar("request_id", default="")

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


def chosen_request_id(headers: Mapping[str, str], own: str) -> str:
    """The caller's X-Request-Id if it is 8 to 64 of A-Z a-z 0-9 _ -, else ``own``: anything else could forge log lines."""
    for name, value in headers.items():
        if len(name) == 12 and name.lower() == "x-request-id" and _WELL_FORMED.match(value):
            return value
    return own
