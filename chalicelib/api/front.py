"""The front door: what CloudFront saw of a request that API Gateway gets from it.

Behind a CDN, API Gateway sees the CDN's address and a host name of its own. So our front sends a secret of the deployment with each request, and
beside it the host name that was asked for and the address that asked (deploy/stacks/web_routes.py). Where keys are set, a request without the
right one is refused: it went around the firewall, and could claim any address. Several keys count, so that one can be renewed without a gap.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.domain.errors import Refused

KEY_HEADER: Final = "x-fumibako-front"
HOST_HEADER: Final = "x-fumibako-viewer-host"
ADDRESS_HEADER: Final = "x-fumibako-viewer-address"
_CAME_THROUGH: Final = "cameThroughFront"


def seen_by_front(event: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The proxy event with the host and the source address as the front saw them; unchanged where its key is not right."""
    headers: Mapping[str, str] = {name.lower(): value for name, value in event["headers"].items()}
    if not is_front(headers.get(KEY_HEADER, ""), keys):
        return event
    context = event["requestContext"]
    identity = {**(context.get("identity") or {}), "sourceIp": headers.get(ADDRESS_HEADER, "")}
    kept = {name: value for name, value in headers.items() if name not in (KEY_HEADER, HOST_HEADER, ADDRESS_HEADER)}
    return {
        **event,
        "headers": {**kept, "host": headers.get(HOST_HEADER, "")},
        "requestContext": {**context, "identity": identity, _CAME_THROUGH: True},
    }


def is_front(given: str, keys: Sequence[str]) -> bool:
    """Whether this is one of the keys; takes the same time for each wrong one."""
    return any([hmac.compare_digest(given.encode(), key.encode()) for key in keys])  # noqa: C419  # all are compared


def require_front(context: Mapping[str, Any]) -> None:
    """Raises Refused("host_unknown") for a request context that ``seen_by_front`` did not mark; no client can write there."""
    if not context.get(_CAME_THROUGH):
        raise Refused("host_unknown", "Requests come through the address of the page, not to this one.")
