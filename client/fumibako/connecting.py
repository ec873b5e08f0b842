"""How connections are made, for both lines: certificates, proxies, time limits, who asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from fumibako import __version__
from fumibako.errors import UsageError
from fumibako.messages import language, text


def pool_settings(connections: int) -> dict[str, Any]:
    """What a client of httpx is made with. Raises UsageError("ca_wrong")."""
    try:
        tls = httpx.create_ssl_context()
    except OSError as error:  # SSL_CERT_FILE names what is no list of certificates
        raise UsageError("ca_wrong", text("ca_wrong"), text("ca_wrong_hint")) from error
    return {
        "verify": tls,
        "timeout": httpx.Timeout(60, connect=10),
        "limits": httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        # Nothing of ours is compressed on the way, and what unpacks is harder to bound than what came in (RFC 9110 12.5.3).
        "headers": {
            "User-Agent": f"fumibako/{__version__}",
            "Accept-Language": language(),
            "Accept-Encoding": "identity",
        },
        "follow_redirects": False,
    }


@contextmanager
def proxies_checked() -> Iterator[None]:
    """Raises UsageError("proxy_wrong") where a client can't be made for the proxy variables."""
    try:
        yield
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise UsageError("proxy_wrong", text("proxy_wrong"), text("proxy_wrong_hint")) from error
