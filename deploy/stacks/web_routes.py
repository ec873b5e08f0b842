"""Which path goes where: the table of CloudFront's behaviours and the two functions that run before them.

The page's own addresses are those of web/build/page/headers.json. Screens and routes share the first step ``/transfers``: routes go on with /v1, screens
never do. Pages without script (/p/<token>) are the auth service's, but for their lists of files (/p/<token>/files), which are the transfers service's; as in
onprem/runtime/asgi.py, and a test holds the two together.
"""

import json
from collections.abc import Mapping
from typing import Final, Literal

Origin = Literal["api", "fetch"]

# In CloudFront's order: the first pattern that fits. ``/*`` after ``files``: a path ends in ``/files`` or goes on below it.
ROUTES: Final[tuple[tuple[str, Origin], ...]] = (
    ("/auth/*", "api"),
    ("/transfers/v1/*", "api"),
    ("/transfers/openapi.json", "api"),
    ("/notifications/*", "api"),
    ("/reporting/*", "api"),
    ("/p/*", "api"),
    ("/.well-known/*", "api"),
    ("/scim/*", "api"),
    ("/fetch/*", "fetch"),
)
# CloudFront Functions, runtime 2.0 (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html).
_TO_SERVICES: Final = r"""
function handler(event) {
  var request = event.request;
  // Whatever a client wrote there is overwritten: services believe these two beside the front's key.
  request.headers['x-fumibako-viewer-host'] = { value: request.headers.host.value };
  request.headers['x-fumibako-viewer-address'] = { value: event.viewer.ip };
  if (/^\/p\/[^\/]+\/files(\/.*)?$/.test(request.uri)) {
    request.uri = '/transfers' + request.uri;
  } else if (/^\/(p|scim|\.well-known)\//.test(request.uri)) {
    request.uri = '/auth' + request.uri;
  }
  return request;
}
"""
_TO_PAGE: Final = r"""
var routes = ROUTES;
function handler(event) {
  var request = event.request;
  var found = Object.prototype.hasOwnProperty.call(routes, request.uri) ? routes[request.uri] : '';
  // A last segment with a dot names a file; everything else is an address inside the page.
  if (!found && request.uri.split('/').pop().indexOf('.') < 0) {
    found = routes['*'];
  }
  request.uri = found || request.uri;
  return request;
}
"""


def to_services() -> str:
    """Runs before every request to a service or to a container."""
    return _TO_SERVICES.strip() + "\n"


def to_page(routes: Mapping[str, str]) -> str:
    """Runs before every request to the page's files; ``routes`` are those of headers.json."""
    return _TO_PAGE.strip().replace("ROUTES", json.dumps(dict(sorted(routes.items()))), 1) + "\n"
