"""Cross-origin answers (the Fetch standard's CORS protocol): only the page of a tenant of this install may read ours.

A page on the tenant's own host needs none of this; it is for a page that is served from a CDN name registered for the tenant.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.tenant_origin import is_tenant_origin

_ALLOWED_HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id"
_EXPOSED_HEADERS: Final = "ETag, Location, Retry-After, X-Request-Id, Deprecation, Sunset"
_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


def cross_origin_headers(
    ports: Callable[[], Context], headers: Mapping[str, str], *, preflight: bool
) -> dict[str, str]:
    """The headers to add; none without an Origin, and none but Vary for an origin that no tenant has."""
    origin = headers.get("origin")
    if not origin:
        return {}
    answer = {"Vary": "Origin"}
    if not _allowed(ports, origin, headers.get("host", "")):
        return answer
    answer |= {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
    }
    if preflight:
        answer |= {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
            "Access-Control-Max-Age": "600",
        }
    return answer


def _allowed(ports: Callable[[], Context], origin: str, host: str) -> bool:
    """A page of this very host may read answers anyway; one of its plain http, which others can forge on the way, may not."""
    try:
        return urlsplit(origin).netloc.lower() != host.lower() and is_tenant_origin(ports(), origin)
    except ValueError:
        return False  # No origin at all (RFC 6454).
    except Refused:
        return False  # A store that is away must not turn a good answer into an error.
