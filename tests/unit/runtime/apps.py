"""Small apps and events for the tests of the edge."""

import json
from typing import Any

from chalicelib.api.chalice_app import FumibakoApp
from tests.fakes.context import FakeContext


def app_over_fakes(context: FakeContext | None = None) -> FumibakoApp:
    made = context or FakeContext()
    return FumibakoApp("test", lambda: made)


def event(
    path: str,
    method: str = "GET",
    *,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    parameters: dict[str, str] | None = None,
    authorizer: dict[str, str] | None = None,
    source_ip: str = "192.0.2.7",
) -> dict[str, Any]:
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers or {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "path": path,
            "httpMethod": method,
            "requestId": "own-request-id",
            "identity": {"sourceIp": source_ip},
            "authorizer": authorizer,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def call(app: FumibakoApp, *arguments: Any, **named: Any) -> tuple[int, dict[str, str], Any]:
    """Status, headers and decoded body of one call."""
    answer = app(event(*arguments, **named), None)
    text = answer["body"]
    return answer["statusCode"], answer["headers"], json.loads(text) if text else None
