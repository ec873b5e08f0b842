"""OpenAPI 3.1 out of what ``describe.route`` registered: the same types that decode requests, and the catalogue of problems.

Nothing here is written by hand for one route; a route that isn't described isn't there, because ``route`` is the only way to add one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import Call, Description, Query, Reply, described, route
from chalicelib.api.problem_catalogue import CATALOGUE, FALLBACK

OPENAPI_VERSION: Final = "3.1.0"
API_VERSION: Final = "1"
REFERENCE: Final = "#/components/schemas/{name}"
# What FumibakoApp itself may answer on every route, and on those with a body or a sign-in besides.
_ALWAYS: Final = (
    "query_invalid",
    "too_many_requests",
    "internal_error",
    "store_away",
    "store_full",
    "media_type_wrong",
)
_WITH_BODY: Final = ("body_not_json", "body_too_deep", "body_too_large", "request_invalid")
_SIGNED_IN: Final = ("token_invalid", "network_not_allowed")
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457; `code` is stable and listed in spec/errors.md.",
    "required": ["type", "title", "status", "code", "detail", "hint", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")},
            },
        },
        "request_id": {"type": "string"},
    },
}


def register_openapi(app: FumibakoApp, service: str) -> None:
    """Serve the document of ``app`` at /v1/openapi.json. Call it after every other route was added."""

    @cache
    def document() -> dict[str, Any]:
        return openapi(app, service)

    @route(
        app,
        "/v1/openapi.json",
        "GET",
        responses={200: dict[str, Any]},
        open=True,
        summary="This service as OpenAPI 3.1",
    )
    def openapi_document(_call: Call[None]) -> Reply:
        return Reply(document())


def openapi(app: FumibakoApp, service: str) -> dict[str, Any]:
    """The document of one service, mounted at ``/<service>``."""
    routes = described(app)
    types = list(dict.fromkeys(_types(routes)))
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    schema_of = {repr(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in routes:
        paths[one.path][one.method.lower()] = _operation(one, service, schema_of)
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": f"Fumibako {service}", "version": API_VERSION},
        "servers": [{"url": f"/{service}"}],
        "paths": dict(paths),
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def joined(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One document of all services (name -> document), paths with their mounts. Raises ValueError where two types share a name."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service, document in documents.items():
        paths |= {f"/{service}{path}": item for path, item in document["paths"].items()}
        for name, schema in document["components"]["schemas"].items():
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"Two services have a type named {name}; give one of them another name.")
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": "Fumibako", "version": API_VERSION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(routes: Iterable[Description]) -> Iterable[Any]:
    for one in routes:
        yield from (kind for kind in (one.request, *one.responses.values()) if kind is not None)


def _operation(one: Description, service: str, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(one, service),
        "summary": one.summary,
        "tags": [service],
        "parameters": _parameters(one),
        "responses": {**_answers(one, schema_of), **_problems(one)},
        "security": [] if one.open else [{"bearer": []}],
    }
    if one.scope is not None:
        operation["description"] = f"Needs the scope `{one.scope}`."
    if one.request is not None:
        content = {"application/json": {"schema": schema_of[repr(one.request)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _operation_id(one: Description, service: str) -> str:
    """``transfers_get_transfers_transfer_files``: made of method and path, so it is unique and changes only when they do."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", one.path) if word not in ("", "v1")]
    return "_".join([service, one.method.lower(), *words])


def _parameters(one: Description) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    text = {"type": "string", "minLength": 1}
    found = [{"name": name, "in": "path", "required": True, "schema": text} for name in names]
    for name, query in one.query.items():
        found.append(
            {"name": name, "in": "query", "required": False, "description": query.description, "schema": _schema(query)}
        )
    if one.creates:
        key = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    if one.if_match:
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}})
    return found


def _schema(query: Query) -> dict[str, Any]:
    if query.kind == "integer":
        return {"type": "integer", "minimum": query.low, "maximum": query.high}
    return {"type": "string", "enum": list(query.values)} if query.values else {"type": "string"}


def _answers(one: Description, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, kind in one.responses.items():
        answers[str(status)] = {"description": one.summary}
        if kind is not None:
            answers[str(status)]["content"] = {"application/json": {"schema": schema_of[repr(kind)]}}
    return answers


def _problems(one: Description) -> dict[str, Any]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in dict.fromkeys(_codes(one)):
        by_status[CATALOGUE.get(code, FALLBACK).status].append(code)
    content = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}}
    return {
        str(status): {"description": ", ".join(f"`{code}`" for code in sorted(codes)), "content": content}
        for status, codes in sorted(by_status.items())
    }


def _codes(one: Description) -> Iterable[str]:
    yield from _ALWAYS
    yield from one.problems
    if one.request is not None:
        yield from _WITH_BODY
    elif one.method != "GET":
        yield from ("body_unexpected", "body_too_deep", "body_too_large")
    if not one.open:
        yield from _SIGNED_IN
    if one.scope is not None:
        yield from ("scope_missing", "not_found")
    if "{" in one.path:
        yield "not_found"
    if one.creates:
        yield from ("idempotency_key_invalid", "idempotency_key_reused", "conflict")
    if one.if_match:
        yield from ("if_match_missing", "if_match_invalid", "version_changed")
