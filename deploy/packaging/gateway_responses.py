"""What API Gateway answers by itself, in the shape of every other refusal (RFC 9457, spec/errors.md).

Titles and hints are read from spec/errors.md, which is generated from the services' own catalogue. API Gateway can't look at Accept-Language, so
they are English; a client goes by ``code``. Only simple variables are replaced in these texts
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html).
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from deploy.errors import Refused

ERRORS: Final = Path(__file__).resolve().parents[2] / "spec/errors.md"
# Response types of API Gateway, and the code that a client knows each by.
CODES: Final = {
    "ACCESS_DENIED": "access_denied",
    "API_CONFIGURATION_ERROR": "internal_error",
    "AUTHORIZER_CONFIGURATION_ERROR": "internal_error",
    "AUTHORIZER_FAILURE": "store_away",
    "BAD_REQUEST_BODY": "request_invalid",
    "BAD_REQUEST_PARAMETERS": "request_invalid",
    "DEFAULT_4XX": "request_invalid",
    "DEFAULT_5XX": "internal_error",
    "EXPIRED_TOKEN": "token_invalid",
    "INTEGRATION_FAILURE": "internal_error",
    "INTEGRATION_TIMEOUT": "internal_error",
    "INVALID_API_KEY": "access_denied",
    "INVALID_SIGNATURE": "access_denied",
    "MISSING_AUTHENTICATION_TOKEN": "not_found",
    "QUOTA_EXCEEDED": "too_many_requests",
    "REQUEST_TOO_LARGE": "body_too_large",
    "RESOURCE_NOT_FOUND": "not_found",
    "THROTTLED": "too_many_requests",
    "UNAUTHORIZED": "token_invalid",
    "UNSUPPORTED_MEDIA_TYPE": "media_type_wrong",
    "WAF_FILTERED": "access_denied",
}
RETRY_SECONDS: Final = 5
_ENTRY: Final = re.compile(
    r"^## (?P<code>\w+)\n\n(?P<status>\d{3})\. (?P<title>[^.]+)\. (?P<hint>[^\n]+)$", re.MULTILINE
)
# As chalicelib.api.chalice_app.SECURITY_HEADERS; a test holds the two together.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Language": "en",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": "application/problem+json",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


class Entry(NamedTuple):
    """One code of spec/errors.md."""

    status: int
    title: str
    hint: str


def gateway_responses() -> dict[str, Any]:
    """``x-amazon-apigateway-gateway-responses`` of an OpenAPI document."""
    return {kind: _response(code) for kind, code in sorted(CODES.items())}


@cache
def entries() -> dict[str, Entry]:
    """Every code of spec/errors.md with its status and English words. Raises Refused("errors_unknown")."""
    text = ERRORS.read_text("utf-8")
    found = {one["code"]: Entry(int(one["status"]), one["title"], one["hint"]) for one in _ENTRY.finditer(text)}
    missing = set(CODES.values()) - found.keys()
    if missing:
        raise Refused("errors_unknown", f"spec/errors.md has no {', '.join(sorted(missing))}.", "Run `make docs`.")
    return found


def _response(code: str) -> dict[str, Any]:
    entry = entries()[code]
    body = {
        "type": f"/errors/{code}",
        "title": entry.title,
        "status": entry.status,
        "code": code,
        "detail": entry.title,
        "hint": entry.hint,
        "errors": [],
        "request_id": "$context.requestId",
    }
    headers = {name: f"'{value}'" for name, value in HEADERS.items()}
    headers["X-Request-Id"] = "context.requestId"
    if entry.status == 401:
        headers["WWW-Authenticate"] = "'Bearer'"
    if entry.status in (429, 503):
        headers["Retry-After"] = f"'{RETRY_SECONDS}'"
    return {
        "statusCode": str(entry.status),
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps(body, ensure_ascii=True)},
    }
