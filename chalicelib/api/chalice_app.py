"""``FumibakoApp``: a Chalice app whose requests share nothing and whose every refusal is a problem (RFC 9457).

Chalice's own 404, 405, 415 and 500 answers have other shapes, and ``Chalice.__call__`` keeps request and Lambda context on the shared
object; both are replaced here. Middleware, event handlers, schedules and authorizers stay Chalice's.
"""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice.app import Chalice, Request, Response, RestAPIEventHandler, RouteEntry

from chalicelib.api import request_scope
from chalicelib.api.body_limits import MAX_BODY_BYTES, MAX_OPEN_BODY_BYTES, check_depth, check_size
from chalicelib.api.cross_origin import cross_origin_headers
from chalicelib.api.front import require_front, seen_by_front
from chalicelib.api.observed import observer_of_lambda
from chalicelib.api.problems import MEDIA_TYPE, Problem, language_of, problem
from chalicelib.api.throttle import throttle
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.use_cases.acting_tenant import acting_for
from chalicelib.use_cases.context import Context

SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
_JSON: Final = frozenset(("application/json", MEDIA_TYPE))
_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_log = logging.getLogger("fumibako.api")


class FumibakoApp(Chalice):
    """One service. ``context`` gives the ports at first use, ``front_keys`` the secrets of the front door: those of ``chalicelib.bootstrap`` outside tests."""

    def __init__(
        self, app_name: str, context: Callable[[], Context], front_keys: Callable[[], tuple[str, ...]] = tuple
    ) -> None:
        super().__init__(app_name, configure_logs=False)
        self.ports = context
        self.front_keys = front_keys
        # A host counts and logs by itself (onprem/runtime); on Lambda nobody else does.
        self.observer = observer_of_lambda(self)
        # (path, method) of what anybody may call: describe.route and plain_page note it.
        self.open_routes: set[tuple[str, str]] = set()
        # The host sets it from its settings; on AWS a WAF rule limits addresses earlier and this is the second line.
        self.address_requests_per_minute = 600

    @property
    def current_request(self) -> Request | None:
        """The request of this thread or task."""
        return request_scope.current_request.get()

    @current_request.setter
    def current_request(self, value: Request | None) -> None:
        request_scope.current_request.set(value)

    @property
    def lambda_context(self) -> Any:
        """The Lambda context of this thread or task."""
        return request_scope.lambda_context.get()

    @lambda_context.setter
    def lambda_context(self, value: Any) -> None:
        request_scope.lambda_context.set(value)

    @property
    def request(self) -> Request:
        """``current_request`` inside a view, where there always is one."""
        request = self.current_request
        if request is None:
            raise RuntimeError("there is no request outside a view")
        return request

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer one API Gateway REST proxy event."""
        headers = event["headers"] or {}
        event = {**event, "headers": headers}
        keys = self.front_keys()
        if keys:
            event = seen_by_front(event, keys)
        id_token = request_scope.request_id.set(
            request_scope.chosen_request_id(headers, event["requestContext"].get("requestId", ""))
        )
        context_token = request_scope.lambda_context.set(context)
        handler = _Handler(self, self._get_middleware_handlers("http"))
        request_token = request_scope.current_request.set(handler.create_request_object(event, context))
        try:
            if self.observer is not None:
                return self.observer.request(event, lambda: handler(event, context))
            answer: dict[str, Any] = handler(event, context)
            return answer
        finally:
            request_scope.current_request.reset(request_token)
            request_scope.lambda_context.reset(context_token)
            request_scope.request_id.reset(id_token)


class _Handler(RestAPIEventHandler):
    """Chalice's handler with our answers. One is made for each request."""

    def __init__(self, app: FumibakoApp, middleware: list[Any]) -> None:
        super().__init__(app.routes, app.api, app.log, debug=False, middleware_handlers=middleware)
        self.app = app

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        if self._middleware_handlers:
            answer: dict[str, Any] = super().__call__(event, context)
            return answer
        return _proxy_answer(self._main_rest_api_handler(event, context), self.api.binary_types)

    def create_request_object(self, event: Any, context: Any) -> Request:
        request = Request(event, context)
        self.current_request = request
        return request

    def _main_rest_api_handler(self, event: Any, context: Any) -> Response:  # noqa: ARG002  # Chalice's signature
        request = self._request()
        try:
            response = self._answer(event, request)
        except Exception as error:  # noqa: BLE001  # every fault is answered as a problem
            response = self._refusal(error, request)
        headers = cross_origin_headers(self.app.ports, request.headers, preflight=request.method == "OPTIONS")
        response.headers = {
            **SECURITY_HEADERS,
            "X-Request-Id": request_scope.request_id.get(),
            **headers,
            **response.headers,
        }
        return response

    def _request(self) -> Request:
        if self.current_request is None:
            raise RuntimeError("a handler answers only after create_request_object")
        return self.current_request

    def _answer(self, event: Any, request: Request) -> Response:
        if self.app.front_keys():
            require_front(request.context)
        methods = self.routes.get(request.path)
        if not methods:
            raise NotFound("There is no such route.")
        method = request.method
        if method == "OPTIONS" and method not in methods:
            return Response("", {"Allow": _allow(methods)}, 204)
        entry = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        if entry is None:
            raise MethodNotAllowed(_allow(methods))
        # What the authorizer verified, and nothing that was sent: rights of a request follow from it.
        with acting_for((request.context.get("authorizer") or {}).get("tenant")):
            # First, so that bodies which are refused count too.
            throttle(self.app.ports, request, address_rate=self.app.address_requests_per_minute)
            is_open = (request.path, method) in self.app.open_routes
            _check_body(request, entry, limit=MAX_OPEN_BODY_BYTES if is_open else MAX_BODY_BYTES)
            arguments = {name: event["pathParameters"][name] for name in entry.view_args}
            response = entry.view_function(**arguments)
        if not isinstance(response, Response):
            response = Response(response)
        self._validate_response(response)
        if method == "HEAD":
            response.body = ""
        return response

    def _refusal(self, error: Exception, request: Request) -> Response:
        headers: Mapping[str, str] = {}
        if isinstance(error, MethodNotAllowed):
            headers = {"Allow": error.allow}
        if not isinstance(error, Refused):
            log_unhandled(error, request.path)
            error = Refused(
                "internal_error", "The server failed; nothing is known about whether the request took effect."
            )
        return _response(
            problem(
                error,
                request_id=request_scope.request_id.get(),
                language=language_of(request.headers.get("accept-language")),
                headers=headers,
            )
        )

    def _unhandled_exception_to_response(self) -> Response:
        """Chalice calls this inside ``except`` when a middleware raised."""
        refused = Refused(
            "internal_error", "The server failed; nothing is known about whether the request took effect."
        )
        return _response(problem(refused, request_id=request_scope.request_id.get(), language="en"))


class MethodNotAllowed(Refused):
    """The path exists, the method does not. ``allow`` is the value of the Allow header (RFC 9110 15.5.6)."""

    def __init__(self, allow: str) -> None:
        super().__init__("method_not_allowed", "This address does not take this method.")
        self.allow = allow


def log_unhandled(error: BaseException, route: str) -> None:
    """Log type and places of an unexpected exception; never its text, which may quote what people sent."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("unhandled exception", extra={"route": route, "exception": type(error).__name__, "places": places[-12:]})


def _proxy_answer(response: Response, binary_types: list[str]) -> dict[str, Any]:
    """What ``Response.to_dict`` gives, without asking JSON text whether it is binary: nearly every answer is one."""
    headers = response.headers
    plain = type(response.body) is str and headers.get("Content-Type") in _JSON
    if not plain or list in map(type, headers.values()):
        answer: dict[str, Any] = response.to_dict(binary_types)
        return answer
    return {
        "headers": headers,
        "multiValueHeaders": {},
        "statusCode": response.status_code,
        "body": response.body,
    }


def _allow(methods: Mapping[str, RouteEntry]) -> str:
    extra = {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(extra | set(methods)))


def _response(rendered: Problem) -> Response:
    headers: dict[str, str | list[str]] = {**rendered.headers}
    return Response(rendered.body, headers, rendered.status)


def _check_body(request: Request, entry: RouteEntry, *, limit: int) -> None:
    """Media type, size and depth, of methods that carry a body only: a GET with a stray Content-Type harms nobody."""
    if request.method not in _WITH_BODY:
        return
    body = request.raw_body
    raw = body.encode() if isinstance(body, str) else body
    check_size(len(raw), limit=limit)
    media_type = request.headers.get("content-type", "application/json").split(";", 1)[0].strip().lower()
    if (raw or request.method != "DELETE") and entry.content_types and media_type not in entry.content_types:
        raise Refused("media_type_wrong", "This address takes " + ", ".join(entry.content_types) + ".")
    if media_type == "application/json":
        check_depth(raw)
