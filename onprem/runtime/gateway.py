"""API Gateway's part of a request, on this host: match the route, run the app's own authorizer, call the app.

Like API Gateway (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html): a missing
header is 401 and the authorizer is not asked; an exception with the text ``Unauthorized`` is 401; a policy that does not allow the
method's ARN is 403; the authorizer's context goes to the view. Unlike it, nothing is cached here.
"""

import base64
import re
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import unquote

from chalice.app import ChaliceAuthorizer, RouteEntry

from chalicelib.api import request_scope
from chalicelib.api.chalice_app import SECURITY_HEADERS, FumibakoApp, log_unhandled
from chalicelib.api.problems import language_of, problem
from chalicelib.api.throttle import throttle_address
from chalicelib.domain.errors import Refused
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.proxy_event import HTTPAnswer, HTTPRequest, authorizer_event, proxy_event

_PARAMETER: Final = re.compile(r"\{[^}]+\}")


class Gateway:
    """One service behind its mount. ``handle`` is called from many threads."""

    def __init__(self, app: FumibakoApp, mount: str) -> None:
        self.app = app
        self.mount = mount
        self._exact = {path: path for path in app.routes if "{" not in path}
        self._patterns = [(_compiled(path), path) for path in app.routes if "{" in path]

    def handle(self, request: HTTPRequest) -> HTTPAnswer:
        """Answer a request; never raises."""
        route, parameters = self._match(request.path)
        token = request_scope.request_id.set(request_scope.chosen_request_id(dict(request.headers), request.request_id))
        try:
            entry = self._entry(route, request.method)
            authorizer = self._authorized(request, entry) if entry is not None and entry.authorizer else None
            event = proxy_event(request, route=route or request.path, path_parameters=parameters, authorizer=authorizer)
            return _answer(self.app(event, HostContext(request.request_id)), route)
        except Refused as refused:
            return refusal(refused, request, route)
        except Exception as error:  # noqa: BLE001  # every fault is answered as a problem
            log_unhandled(error, route)
            return refusal(
                Refused("internal_error", "The server failed before the request was handled."), request, route
            )
        finally:
            request_scope.request_id.reset(token)

    def _match(self, path: str) -> tuple[str, dict[str, str]]:
        if path in self._exact:
            return path, {}
        for pattern, route in self._patterns:
            found = pattern.fullmatch(path)
            if found:
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        return "", {}

    def _entry(self, route: str, method: str) -> RouteEntry | None:
        methods = self.app.routes.get(route, {}) if route else {}
        return methods.get(method) or (methods.get("GET") if method == "HEAD" else None)

    def _authorized(self, request: HTTPRequest, entry: RouteEntry) -> dict[str, Any]:
        authorizer: object = entry.authorizer
        if not isinstance(authorizer, ChaliceAuthorizer):
            raise TypeError(f"the authorizer of {entry.uri_pattern} is not an @app.authorizer function")
        header = (authorizer.config.header or "Authorization").lower()
        token = next((value for name, value in request.headers if name == header), "")
        try:
            if not token:
                raise Refused("token_invalid", "The Authorization header is missing.")
            return self._asked(authorizer, request, token)
        except Refused as refused:
            if refused.code == "token_invalid" and request.source_ip:
                rate = self.app.address_requests_per_minute
                throttle_address(self.app.ports(), request.source_ip, per_minute=rate)
            raise

    def _asked(self, authorizer: ChaliceAuthorizer, request: HTTPRequest, token: str) -> dict[str, Any]:
        event = authorizer_event(request, token)
        try:
            policy = authorizer(event, {})
        except Refused:
            raise
        except Exception as error:
            if str(error) == "Unauthorized":
                raise Refused("token_invalid", "The token is not valid, or no longer.") from None
            raise
        if not _allows(policy, event["methodArn"]):
            raise Refused("access_denied", "This token does not reach this address.")
        return {**(policy.get("context") or {}), "principalId": policy.get("principalId", "")}


def refusal(refused: Refused, request: HTTPRequest, route: str) -> HTTPAnswer:
    """A problem answer of the gateway itself, in the shape of the app's own."""
    language = language_of(dict(request.headers).get("accept-language"))
    request_id = request_scope.chosen_request_id(dict(request.headers), request.request_id)
    rendered = problem(refused, request_id=request_id, language=language)
    headers = {**SECURITY_HEADERS, "X-Request-Id": request_id, **rendered.headers}
    return HTTPAnswer(rendered.status, tuple(headers.items()), rendered.body.encode(), route)


def _compiled(path: str) -> re.Pattern[str]:
    literal = [re.escape(part) for part in _PARAMETER.split(path)]
    names = [name[1:-1] for name in _PARAMETER.findall(path)]
    pattern = literal[0]
    for name, rest in zip(names, literal[1:], strict=True):
        pattern += f"(?P<{name}>[^/]+){rest}"
    return re.compile(pattern)


def _allows(policy: dict[str, Any], arn: str) -> bool:
    """An explicit deny wins over any allow (IAM policy evaluation)."""
    allowed = False
    for statement in policy.get("policyDocument", {}).get("Statement", []):
        resources = statement.get("Resource", [])
        patterns = [resources] if isinstance(resources, str) else resources
        # IAM knows * and ? only; brackets are literal there.
        if any(fnmatchcase(arn, pattern.replace("[", "[[]")) for pattern in patterns):
            if statement.get("Effect") == "Deny":
                return False
            allowed = allowed or statement.get("Effect") == "Allow"
    return allowed


def _answer(response: dict[str, Any], route: str) -> HTTPAnswer:
    pairs = [(name, str(value)) for name, value in (response.get("headers") or {}).items()]
    for name, values in (response.get("multiValueHeaders") or {}).items():
        pairs += [(name, str(value)) for value in values]
    if not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(("Content-Type", "application/json"))
    body = response.get("body") or ""
    raw = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
    return HTTPAnswer(response["statusCode"], tuple(pairs), raw, route)
