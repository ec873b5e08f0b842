import json
from typing import Any

import pytest

from chalicelib.api.authorizer import Unauthorized, bearer_of, check_network, make_authorizer
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import PAGE, Call, Query, Reply, described, etag, route
from chalicelib.api.openapi import joined, openapi, register_openapi
from chalicelib.api.wire import AnswerBody, RequestBody, from_time, to_time
from chalicelib.domain.errors import Refused, StoreAway
from tests.fakes.context import FakeContext
from tests.unit.runtime.apps import event

SIGNED_IN = {
    "tenant": "acme",
    "kind": "member",
    "id": "mb_x",
    "session": "se_x",
    "roles": "member",
    "scopes": "things:read",
    "channel": "public",
    "link": "",
    "link_subject": "",
    "networks": "",
}


class MakeThing(RequestBody):
    name: str
    size: int = 0


class Thing(AnswerBody):
    id: str
    name: str | None = None


def things() -> FumibakoApp:
    """A small service that echoes what its handlers were given."""
    context = FakeContext()
    app = FumibakoApp("things", lambda: context)
    make_authorizer(app, lambda: context)
    query = {**PAGE, "kind": Query("Which kind.", values=("a", "b"))}

    @route(app, "/v1/things", "GET", responses={200: dict[str, Any]}, summary="List", query=query, scope="things:read")
    def listing(call: Call[None]) -> Reply:
        return Reply({"query": dict(call.query), "limit": call.limit, "cursor": call.cursor, "who": call.principal.id})

    @route(
        app,
        "/v1/things",
        "POST",
        request=MakeThing,
        responses={201: Thing},
        summary="Make",
        creates=True,
        open=True,
        problems=("name_wrong",),
    )
    def make(call: Call[MakeThing]) -> Reply:
        return Reply(Thing(id=call.idempotency_key or "none", name=call.body.name), 201)

    @route(app, "/v1/things/{id}", "PATCH", request=MakeThing, responses={200: Thing}, summary="Change", if_match=True)
    def change(call: Call[MakeThing]) -> Reply:
        return Reply(Thing(id=call.path["id"]), headers=etag(call.if_match + 1))

    @route(app, "/v1/things/{id}", "DELETE", responses={204: None}, summary="Remove", open=True)
    def remove(_call: Call[None]) -> Reply:
        return Reply(status=204)

    @route(app, "/v1/broken", "GET", responses={200: None}, summary="Broken", open=True)
    def broken(_call: Call[None]) -> Reply:
        return Reply(status=202)

    register_openapi(app, "things")
    return app


def ask(app: FumibakoApp, path: str, method: str = "GET", query: Any = None, **more: Any) -> tuple[int, Any, Any]:
    asked = event(path, method, **more)
    asked["multiValueQueryStringParameters"] = query
    answer = app(asked, None)
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, answer["headers"]


def code(app: FumibakoApp, *arguments: Any, **more: Any) -> str:
    return str(ask(app, *arguments, **more)[1]["code"])


def test_a_handler_gets_what_was_described_and_nothing_else() -> None:
    app = things()
    status, body, _ = ask(app, "/v1/things", authorizer=SIGNED_IN)
    assert (status, body) == (200, {"query": {}, "limit": 50, "cursor": None, "who": "mb_x"})
    query = {"limit": ["7"], "cursor": ["c"], "kind": ["b"]}
    body = ask(app, "/v1/things", query=query, authorizer=SIGNED_IN)[1]
    assert body["query"] == {"limit": 7, "cursor": "c", "kind": "b"}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": ["0"]},
        {"limit": ["201"]},
        {"limit": ["-1"]},
        {"limit": ["٣"]},
        {"limit": [""]},
        {"limit": ["1", "2"]},
        {"kind": ["c"]},
        {"colour": ["red"]},
    ],
)
def test_other_queries_are_refused(query: dict[str, list[str]]) -> None:
    assert code(things(), "/v1/things", query=query, authorizer=SIGNED_IN) == "query_invalid"


def test_scope_and_network_are_judged_before_the_handler() -> None:
    app = things()
    assert code(app, "/v1/things", authorizer=SIGNED_IN | {"scopes": "other"}) == "scope_missing"
    guest = SIGNED_IN | {"kind": "guest", "scopes": "other"}
    assert code(app, "/v1/things", authorizer=guest) == "not_found"
    bound = SIGNED_IN | {"networks": "198.51.100.0/24"}
    assert code(app, "/v1/things", authorizer=bound) == "network_not_allowed"
    assert ask(app, "/v1/things", authorizer=bound, source_ip="198.51.100.9")[0] == 200
    assert code(app, "/v1/things") == "token_invalid"


def test_bodies_are_decoded_and_stray_ones_refused() -> None:
    app = things()
    status, body, headers = ask(app, "/v1/things", "POST", body='{"name":"n"}', headers={"Idempotency-Key": "k"})
    assert (status, body, headers["Content-Type"]) == (201, {"id": "k", "name": "n"}, "application/json")
    assert code(app, "/v1/things", "POST", body='{"name":"n","x":1}') == "request_invalid"
    assert code(app, "/v1/things", "POST", body='{"size":1}') == "request_invalid"
    assert code(app, "/v1/things/{id}", "DELETE", body="[1]", parameters={"id": "t"}) == "body_unexpected"
    assert ask(app, "/v1/things/{id}", "DELETE", parameters={"id": "t"})[:2] == (204, None)


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "鍵"])
def test_idempotency_keys_are_visible_ascii(key: str) -> None:
    headers = {"Idempotency-Key": key}
    assert code(things(), "/v1/things", "POST", body='{"name":"n"}', headers=headers) == "idempotency_key_invalid"


def test_if_match_takes_an_etag() -> None:
    app = things()
    arguments: dict[str, Any] = {"body": '{"name":"n"}', "parameters": {"id": "t"}, "authorizer": SIGNED_IN}
    status, body, headers = ask(app, "/v1/things/{id}", "PATCH", headers={"If-Match": '"3"'}, **arguments)
    assert (status, body, headers["ETag"]) == (200, {"id": "t"}, '"4"')
    assert code(app, "/v1/things/{id}", "PATCH", **arguments) == "if_match_missing"
    for wrong in ("3", '"x"', "*", '""', '"' + "9" * 30 + '"'):
        sent = {"If-Match": wrong}
        assert code(app, "/v1/things/{id}", "PATCH", headers=sent, **arguments) == "if_match_invalid"


def test_an_answer_that_was_not_described_is_a_fault() -> None:
    assert ask(things(), "/v1/broken")[0] == 500


def test_a_route_that_needs_a_sign_in_needs_an_authorizer() -> None:
    app = FumibakoApp("bare", FakeContext)
    with pytest.raises(RuntimeError):
        route(app, "/v1/x", "GET", responses={200: None}, summary="x")(lambda _call: Reply())


def test_the_document_is_served_and_says_what_was_described() -> None:
    app = things()
    document = ask(app, "/v1/openapi.json")[1]
    assert document == json.loads(json.dumps(openapi(app, "things")))
    make = document["paths"]["/v1/things"]["post"]
    assert make["security"] == []
    assert make["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/MakeThing"}
    assert [one["name"] for one in make["parameters"]] == ["Idempotency-Key"]
    assert "`name_wrong`" in make["responses"]["422"]["description"]
    assert document["components"]["schemas"]["MakeThing"]["additionalProperties"] is False
    change = document["paths"]["/v1/things/{id}"]["patch"]
    assert [(one["name"], one["in"], one["required"]) for one in change["parameters"]] == [
        ("id", "path", True),
        ("If-Match", "header", True),
    ]
    assert "`version_changed`" in change["responses"]["412"]["description"]
    limit = document["paths"]["/v1/things"]["get"]["parameters"][1]["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 200}


def test_every_route_is_described() -> None:
    app = things()
    registered = {(path, method) for path, methods in app.routes.items() for method in methods}
    assert {(one.path, one.method) for one in described(app)} == registered


def test_documents_join_and_clashing_names_are_found() -> None:
    one = openapi(things(), "things")
    both = joined({"one": one, "two": one})
    assert "/one/v1/things" in both["paths"]
    assert "/two/v1/things" in both["paths"]
    other = json.loads(json.dumps(one))
    other["components"]["schemas"]["Thing"]["title"] = "Another"
    with pytest.raises(ValueError, match="Thing"):
        joined({"one": one, "two": other})


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer ", "Bearer 鍵", "Bearer " + "x" * 8_193])
def test_only_bearer_values_are_read(header: str | None) -> None:
    with pytest.raises(Refused) as refused:
        bearer_of(header)
    assert refused.value.code == "token_invalid"


def test_the_scheme_is_read_in_any_case() -> None:
    assert bearer_of("bearer  abc ") == "abc"
    assert bearer_of("BEARER " + "x" * 8_192) == "x" * 8_192


def test_an_unknown_address_is_in_no_network() -> None:
    check_network({"networks": ""}, "")
    check_network({}, "")
    for address in ("", "unknown"):
        with pytest.raises(Refused):
            check_network({"networks": "0.0.0.0/0"}, address)


def test_the_authorizer_says_unauthorized_or_that_the_store_is_away() -> None:
    context = FakeContext()
    app = FumibakoApp("things", lambda: context)
    authorizer = make_authorizer(app, lambda: context)
    asked = {"type": "TOKEN", "authorizationToken": "Bearer acme." + "A" * 27, "methodArn": "arn:aws:x:y:z:api/s/GET/"}
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        authorizer(asked, {})
    context.records.fault = StoreAway()
    with pytest.raises(StoreAway):
        authorizer(asked, {})


def test_times_go_out_and_come_back() -> None:
    assert to_time(1_767_225_600_123) == "2026-01-01T00:00:00.123Z"
    assert from_time("2026-01-01T09:00:00.123+09:00", "/at") == 1_767_225_600_123
    assert from_time("2026-01-01T00:00:00Z", "/at") == 1_767_225_600_000
    for text in ("", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "２026-01-01T00:00:00Z", "now"):
        with pytest.raises(Refused) as refused:
            from_time(text, "/at")
        assert refused.value.errors[0].pointer == "/at"
