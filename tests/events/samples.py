"""Copies of the recorded events, with what is ours in its place."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Chalice

FOLDER = Path(__file__).resolve().parent


@cache
def _read(folder: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / folder / f"{name}.json").read_text("utf-8"))
    return found


def recorded(name: str) -> dict[str, Any]:
    """A copy of one event as AWS's own pages show it."""
    return copy.deepcopy(_read("recorded", name))


def emulated(name: str) -> dict[str, Any]:
    """A copy of one event that the emulator called a function with, scrubbed."""
    return copy.deepcopy(_read("emulated", name))


class LambdaContext:
    """What Lambda hands over beside the event (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

    function_name = "my-function"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:my-function"
    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    log_group_name = "/aws/lambda/my-function"
    log_stream_name = "2018/11/17/[$LATEST]aaaa"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""
        return 29_000


def api_event(
    method: str, resource: str, *, path: str = "", host: str, body: str | None = None, **more: Any
) -> dict[str, Any]:
    """The REST proxy event of a request behind a custom domain with a base path: ``path`` has it, ``resource`` has not."""
    event = recorded("api_gateway")
    event |= {"resource": resource, "path": path or resource, "httpMethod": method, "body": body, **more}
    event["requestContext"] |= {"resourcePath": resource, "path": path or resource, "httpMethod": method}
    event["requestContext"]["domainName"] = host
    for headers in (event["headers"], event["multiValueHeaders"]):
        headers["Host"] = host if headers is event["headers"] else [host]
    return event


def handler(app: Chalice, name: str) -> Any:
    """What Lambda calls for one function of app.py, as Chalice names it in its handler strings."""
    return app.handler_map[name]
