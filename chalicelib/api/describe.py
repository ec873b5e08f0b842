"""The one way to add a route: what is registered with Chalice is what OpenAPI says, because both are made here.

    @route(app, "/v1/things/{id}", "PATCH", request=ChangeThing, responses={200: Thing}, scope="things:write",
           summary="Change a thing", problems=("version_changed",), if_match=True)
    def change(call: Call[ChangeThing]) -> Reply:
        return Reply(render(change_thing(context(), call.principal, call.path["id"], call.body)))

Every route needs a bearer token but those with ``open=True``; ``scope`` is asked of the token before the handler runs, roles and
kinds are the use case's to judge. A handler raises ``Refused``; FumibakoApp makes the problem of it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakKeyDictionary

import msgspec
from chalice.app import Request, Response

from chalicelib.api.authorizer import authorizer_of, check_network
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.service import caller, decode
from chalicelib.domain.errors import NotFound, Refused, refuse_field
from chalicelib.domain.principal import Principal
from chalicelib.stores.idempotency_store import Once

B = TypeVar("B")
MAX_LIMIT = 200
DEFAULT_LIMIT = 50


@dataclass(frozen=True)
class Query:
    """One query parameter: text, or a whole number within ``low`` and ``high``; ``values`` lists the texts allowed."""

    description: str
    kind: Literal["text", "integer"] = "text"
    values: tuple[str, ...] = ()
    low: int = 0
    high: int = 2**53


PAGE = {
    "cursor": Query("`next` of the page before."),
    "limit": Query("How many at most.", kind="integer", low=1, high=MAX_LIMIT),
}


@dataclass(frozen=True)
class Call(Generic[B]):
    """One request, checked. ``who`` is None on open routes alone; header names are found in any case; ``path`` and ``query`` hold the parameters.

    ``query`` holds only what was sent: text or whole numbers as described.
    """

    who: Principal | None
    body: B
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    source_ip: str
    host: str

    @property
    def principal(self) -> Principal:
        """Who asks. Raises Refused("token_invalid") on a route that let nobody sign in."""
        if self.who is None:
            raise Refused("token_invalid", "This route needs a signed-in caller.")
        return self.who

    @property
    def idempotency_key(self) -> str | None:
        """The key as sent. Raises Refused("idempotency_key_invalid") unless it is 1 to 128 visible ASCII characters."""
        key = self.headers.get("idempotency-key")
        if key is not None and not (1 <= len(key) <= 128 and all("!" <= c <= "~" for c in key)):
            raise Refused("idempotency_key_invalid", "An Idempotency-Key has 1 to 128 visible ASCII characters.")
        return key

    def once(self, route: str) -> Once | None:
        """What makes this creating request repeatable (see ``idempotency_store``); None where no key was sent."""
        key, who = self.idempotency_key, self.principal
        if key is None:
            return None
        body_hash = hashlib.sha256(msgspec.json.encode(self.body, order="sorted")).hexdigest()
        return Once(who.tenant, route, who.id, key, body_hash)

    @property
    def if_match(self) -> int:
        """The version that If-Match names. Raises Refused("if_match_missing") or Refused("if_match_invalid")."""
        text = self.headers.get("if-match")
        if text is None:
            raise Refused("if_match_missing", "Send If-Match with the ETag you read.")
        if not (len(text) < 20 and text[:1] == text[-1:] == '"' and text[1:-1].isascii() and text[1:-1].isdecimal()):
            raise Refused("if_match_invalid", 'If-Match takes the ETag as it was given, like "3".')
        return int(text[1:-1])

    @property
    def limit(self) -> int:
        """Page size asked for, 50 without."""
        return int(self.query.get("limit", DEFAULT_LIMIT))

    @property
    def cursor(self) -> str | None:
        """Where the page begins."""
        return self.query.get("cursor")


@dataclass(frozen=True)
class Reply:
    """What a handler gives back: a Struct (or None), the status, further headers."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Description:
    """One route as OpenAPI tells it. ``responses`` maps each good status to its type, None for an empty body."""

    path: str
    method: str
    name: str
    summary: str
    request: Any
    responses: Mapping[int, Any]
    open: bool
    scope: str | None
    query: Mapping[str, Query]
    problems: tuple[str, ...]
    creates: bool
    if_match: bool


_DESCRIBED: "WeakKeyDictionary[FumibakoApp, list[Description]]" = WeakKeyDictionary()


def described(app: FumibakoApp) -> list[Description]:
    """Every route of ``app`` that was added by ``route``, in order."""
    return list(_DESCRIBED.get(app, []))


def etag(version: int) -> dict[str, str]:
    """The ETag header of a resource's version."""
    return {"ETag": f'"{version}"'}


def route(
    app: FumibakoApp,
    path: str,
    method: str,
    *,
    responses: Mapping[int, Any],
    summary: str,
    request: Any = None,
    open: bool = False,  # noqa: A002  the word of spec/api.md
    scope: str | None = None,
    query: Mapping[str, Query] | None = None,
    problems: tuple[str, ...] = (),
    creates: bool = False,
    if_match: bool = False,
) -> Callable[[Callable[[Call[Any]], Reply]], Callable[[Call[Any]], Reply]]:
    """Register a route and its description. ``creates`` says that it takes an Idempotency-Key, ``if_match`` that it needs If-Match."""

    def register(handler: Callable[[Call[Any]], Reply]) -> Callable[[Call[Any]], Reply]:
        name = getattr(handler, "__name__", path)
        description = Description(
            path,
            method,
            name,
            summary,
            request,
            dict(responses),
            open,
            scope,
            dict(query or {}),
            problems,
            creates,
            if_match,
        )
        _DESCRIBED.setdefault(app, []).append(description)

        def view(**parameters: str) -> Response:
            return _respond(handler(_call(app, description, parameters)), description)

        view.__name__ = f"{name}_{method.lower()}"
        app.route(path, methods=[method], authorizer=None if open else authorizer_of(app), name=view.__name__)(view)
        if open:
            app.open_routes.add((path, method))
        return handler

    return register


def _call(app: FumibakoApp, description: Description, path: Mapping[str, str]) -> Call[Any]:
    request = app.request
    headers: Mapping[str, str] = request.headers  # whatever the case of the name
    source_ip = str(request.context.get("identity", {}).get("sourceIp", ""))
    who = None
    if not description.open:
        who = caller(app)
        check_network(request.context["authorizer"], source_ip)
        _check_scope(who, description.scope)
    query = _query(request, description.query) if request.query_params else {}
    return Call(who, _body(app, description), path, query, headers, source_ip, headers.get("host", "").lower())


def _check_scope(who: Principal, scope: str | None) -> None:
    if scope is None:
        return
    if who.kind == "guest" and scope not in who.scopes:
        raise NotFound  # a route of members does not exist for guests
    who.require_scope(scope)


def _body(app: FumibakoApp, description: Description) -> Any:
    if description.request is not None:
        return decode(app, description.request)
    raw = app.request.raw_body or b""
    if raw.strip() not in (b"", b"{}") and description.method != "GET":
        raise Refused("body_unexpected", "This route takes no body.")
    return None


def _query(request: Request, allowed: Mapping[str, Query]) -> dict[str, Any]:
    sent: Any = request.query_params or {}
    found: dict[str, Any] = {}
    for name in sent:
        values = sent.getlist(name) if hasattr(sent, "getlist") else [sent[name]]
        if name not in allowed:
            raise refuse_field("query_invalid", f"/{name}", "This route knows no such query parameter.")
        if len(values) != 1:
            raise refuse_field("query_invalid", f"/{name}", "A query parameter is given once.")
        found[name] = _query_value(name, str(values[0]), allowed[name])
    return found


def _query_value(name: str, text: str, query: Query) -> str | int:
    if query.values and text not in query.values:
        raise refuse_field("query_invalid", f"/{name}", f"This parameter takes one of {', '.join(query.values)}.")
    if query.kind == "text":
        return text
    if not (text.isascii() and text.isdecimal() and len(text) < 17 and query.low <= int(text) <= query.high):
        raise refuse_field(
            "query_invalid", f"/{name}", f"This parameter is a whole number from {query.low} to {query.high}."
        )
    return int(text)


def _respond(reply: Reply, description: Description) -> Response:
    if reply.status not in description.responses:
        raise RuntimeError(
            f"{description.method} {description.path} answered {reply.status}, which it does not describe."
        )
    headers: dict[str, Any] = {"Cache-Control": "no-store", **reply.headers}
    if reply.body is None:
        return Response(body="", status_code=reply.status, headers=headers)
    headers.setdefault("Content-Type", "application/json")
    return Response(body=msgspec.json.encode(reply.body).decode(), status_code=reply.status, headers=headers)
