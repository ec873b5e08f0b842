"""CORS on signed URLs: the page of any tenant may PUT and GET them; they carry their own right, so no credentials are allowed."""

from collections.abc import Callable
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.tenant_origin import is_tenant_origin


def blob_cross_origin(
    ports: Callable[[], Context], origin: str, host: str, *, preflight: bool
) -> tuple[tuple[str, str], ...]:
    """The headers to add for this Origin."""
    if not _ours(ports, origin, host):
        return (("vary", "Origin"),)
    headers = [
        ("vary", "Origin"),
        ("access-control-allow-origin", origin),
        (
            "access-control-expose-headers",
            "ETag, Content-Range, Content-Length, Accept-Ranges, Retry-After, X-Request-Id",
        ),
    ]
    if preflight:
        headers += [
            ("access-control-allow-methods", "GET, HEAD, PUT"),
            ("access-control-allow-headers", "Content-Type, If-None-Match, If-Range, Range, X-Request-Id"),
            ("access-control-max-age", "3600"),
        ]
    return tuple(headers)


def _ours(ports: Callable[[], Context], origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower() or is_tenant_origin(ports(), origin)
    except (ValueError, Refused):
        return False
