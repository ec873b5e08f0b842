"""One request as API Gateway hands it to a Lambda (REST proxy event, payload 1.0), with the headers that a browser behind CloudFront sends.

https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-example-event
"""

import time
from dataclasses import dataclass, field
from typing import Any

HOST = "files.example.co.jp"
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "ja,en;q=0.8",
    "CloudFront-Forwarded-Proto": "https",
    "CloudFront-Is-Desktop-Viewer": "true",
    "CloudFront-Viewer-Country": "JP",
    "Host": HOST,
    "Referer": f"https://{HOST}/",
    "Sec-Fetch-Mode": "cors",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Via": "2.0 4a7f0c1e.cloudfront.net (CloudFront)",
    "X-Amz-Cf-Id": "uvDqg4v2yU2n8qbJmGQkS8Xr6y3vPz0hLwq0f4g1y9s=",
    "X-Amzn-Trace-Id": "Root=1-69200000-4c5e0b3f1d2a7c6b5e4f3a21",
    "X-Forwarded-For": "203.0.113.7, 130.176.0.1",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


@dataclass
class LambdaContext:
    """The context object of the Python runtime, as far as a handler looks at it."""

    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name: str = "fumibako-transfers"
    memory_limit_in_mb: str = "1769"
    began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return max(0, 29_000 - int((time.monotonic() - self.began) * 1000))


def gateway_event(
    service: str, route: str, parameters: dict[str, str], authorizer: dict[str, str], *, token: str = "eyJ.e30.x"
) -> dict[str, Any]:
    """A GET of ``route``. ``authorizer`` is what the authorizer's own Lambda answered a moment before."""
    path = route
    for name, value in parameters.items():
        path = path.replace("{" + name + "}", value)
    headers = {**_HEADERS, "Authorization": f"Bearer {token}"}
    return {
        "resource": route,
        "path": f"/{service}{path}",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _request_context(service, route, path, authorizer),
        "body": None,
        "isBase64Encoded": False,
    }


def _request_context(service: str, route: str, path: str, authorizer: dict[str, str]) -> dict[str, Any]:
    return {
        "accountId": "123456789012",
        "apiId": "1234567890",
        "resourceId": "abc123",
        "resourcePath": route,
        "path": f"/{service}{path}",
        "httpMethod": "GET",
        "protocol": "HTTP/1.1",
        "stage": "api",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "requestTimeEpoch": 1_767_225_600_000,
        "domainName": HOST,
        "identity": {"sourceIp": "203.0.113.7", "userAgent": _HEADERS["User-Agent"]},
        "authorizer": {**authorizer, "integrationLatency": 12},
    }
