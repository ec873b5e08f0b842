"""One HTTP request as an API Gateway REST proxy event.

Shape: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html (proxy integration, payload version 1.0).
"""

import base64
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from chalicelib.domain.errors import Refused

STAGE: Final = "api"
ARN_PREFIX: Final = "arn:aws:execute-api:local:000000000000:fumibako"
MAX_QUERY_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class HTTPRequest:
    """A whole request. ``mount`` is the service's prefix (``/transfers``), ``path`` what follows it; header names are lower-case."""

    method: str
    mount: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    request_id: str


@dataclass(frozen=True, slots=True)
class HTTPAnswer:
    """A whole answer. ``route`` is the template that matched, for logs and metrics; "" when none did."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    route: str


def proxy_event(
    request: HTTPRequest, *, route: str, path_parameters: dict[str, str], authorizer: dict[str, Any] | None
) -> dict[str, Any]:
    """The event that the app is called with. A header or parameter that stands there twice keeps its last value, as API Gateway does it."""
    several_headers = _grouped(request.headers)
    several_parameters = _grouped(_parameters(request.query))
    single = dict(request.headers)
    body, encoded = _body(request.body)
    return {
        "resource": route,
        "path": request.mount + request.path,
        "httpMethod": request.method,
        "headers": single,
        "multiValueHeaders": several_headers,
        "queryStringParameters": {name: values[-1] for name, values in several_parameters.items()} or None,
        "multiValueQueryStringParameters": several_parameters or None,
        "pathParameters": path_parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "path": request.mount + request.path,
            "httpMethod": request.method,
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "requestId": request.request_id,
            "domainName": single.get("host", ""),
            "identity": {"sourceIp": request.source_ip, "userAgent": single.get("user-agent", "")},
            "authorizer": authorizer,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def authorizer_event(request: HTTPRequest, token: str) -> dict[str, str]:
    """What a TOKEN authorizer is called with."""
    arn = f"{ARN_PREFIX}/{STAGE}/{request.method}{request.path}"
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise Refused("query_invalid", f"A query has at most {MAX_QUERY_FIELDS} parameters.") from None


def _grouped(pairs: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
