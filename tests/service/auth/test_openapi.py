from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.api.plain_request import plain_pages
from chalicelib.api.problem_catalogue import CATALOGUE
from tests.service.auth.office import Office

# Open routes: everything that somebody without a session must reach, and nothing else.
OPEN = {
    ("POST", "/v1/login"),
    ("POST", "/v1/token"),
    ("POST", "/v1/device"),
    ("POST", "/v1/members/accept"),
    ("POST", "/v1/links/look"),
    ("POST", "/v1/links/challenge"),
    ("POST", "/v1/links/verify"),
    ("POST", "/v1/links/more-time"),
    ("POST", "/v1/links/add-me"),
    ("POST", "/v1/links/sso"),
    ("GET", "/v1/links/sso/callback"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/v1/openapi.json"),
}


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m.upper(), path, one) for path, item in document["paths"].items() for m, one in item.items()]


def test_the_document_is_openapi_3_1() -> None:
    document = Office().call("GET", "/v1/openapi.json").body
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/auth"}]


def test_it_names_every_route_once() -> None:
    office = Office()
    document = office.call("GET", "/v1/openapi.json").body
    app = office.gateway.app
    registered = {(m, path) for path, methods in app.routes.items() for m in methods} - set(plain_pages(app))
    assert {(method, path) for method, path, _ in operations(document)} == registered
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(names) == len(set(names))


def test_only_the_named_routes_are_open_and_the_others_answer_nobody() -> None:
    office = Office()
    document = office.call("GET", "/v1/openapi.json").body
    assert {(m, path) for m, path, one in operations(document) if one["security"] == []} == OPEN
    for method, path, one in operations(document):
        if one["security"]:
            answer = office.call(method, path.replace("{id}", "mb_x"))
            assert (answer.status, answer.code) == (401, "token_invalid"), path


def test_every_problem_it_names_is_in_the_catalogue() -> None:
    document = Office().call("GET", "/v1/openapi.json").body
    for _, path, one in operations(document):
        for status, answer in one["responses"].items():
            if "application/problem+json" not in answer.get("content", {}):
                continue
            for code in answer["description"].replace("`", "").split(", "):
                assert CATALOGUE[code].status == int(status), (path, code)
