import json
import time
from typing import Any

import msgspec
import pytest
from chalice.app import Response

from chalicelib.api.service import Body, caller, decode, principal_context
from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.principal import Principal
from tests.unit.runtime.apps import app_over_fakes, call


class Part(Body, frozen=True):
    size: int


class Request(Body, frozen=True):
    name: str
    parts: tuple[Part, ...] = ()
    labels: dict[str, int] = msgspec.field(default_factory=dict)


def decoded(body: str, kind: type[msgspec.Struct] = Request) -> tuple[int, Any]:
    app = app_over_fakes()

    @app.route("/v1/x", methods=["POST"])
    def view() -> Any:
        return Response(msgspec.json.encode(decode(app, kind)).decode(), {"Content-Type": "application/json"}, 201)

    status, _, got = call(app, "/v1/x", "POST", body=body)
    return status, got


def test_a_body_of_the_right_type_is_answered() -> None:
    assert decoded('{"name":"a","parts":[{"size":1}]}') == (201, {"name": "a", "parts": [{"size": 1}], "labels": {}})


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ("{}", "/name", "missing_field"),
        ('{"name":1}', "/name", "wrong_value"),
        ('{"name":"a","x":1}', "/x", "unknown_field"),
        ('{"name":"a","a/b~c":1}', "/a~1b~0c", "unknown_field"),
        ('{"name":"a","parts":[{"size":1},{"size":"1"}]}', "/parts/1/size", "wrong_value"),
        ('{"name":"a","parts":[{"size":1,"y":2}]}', "/parts/0/y", "unknown_field"),
        ('{"name":"a","labels":{"k":"v"}}', "/labels/...", "wrong_value"),
        ("[]", "", "wrong_value"),
    ],
)
def test_what_is_wrong_is_pointed_at(body: str, pointer: str, code: str) -> None:
    status, problem = decoded(body)
    assert (status, problem["code"]) == (422, "request_invalid")
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({" - at `$" + "[" * 1_000_000: 1}),
        json.dumps({"name": "a", "parts": [{"x" * 1_000_000: 1}]}),
        json.dumps({"name": "a", "unknown field `" * 100_000: 1}),
        json.dumps({"`$." * 300_000 + "`": 1}),
    ],
    ids=["brackets", "long", "words of ours", "marks of ours"],
)
def test_a_field_as_long_as_its_body_costs_nothing_and_comes_back_cut(body: str) -> None:
    began = time.process_time()
    status, problem = decoded(body)
    assert time.process_time() - began < 1
    assert (status, problem["code"]) == (422, "request_invalid")
    [error] = problem["errors"]
    assert max(map(len, (problem["detail"], error["pointer"], error["detail"]))) <= 301


@pytest.mark.parametrize("body", ["", "{", '{"name":"a"}{}', "NaN"])
def test_what_is_not_json_is_said_so(body: str) -> None:
    status, problem = decoded(body)
    assert (status, problem["code"]) == (400, "body_not_json")


def test_a_type_that_lets_unknown_fields_pass_is_a_mistake_of_ours() -> None:
    class Loose(msgspec.Struct):
        name: str

    assert decoded('{"name":"a"}', Loose)[1]["code"] == "internal_error"


PRINCIPALS = [
    Principal(TenantId("acme"), "member", "mb_1", "se_1", frozenset({"admin", "member"}), frozenset({"*"})),
    Principal(TenantId("acme"), "guest", "rc_1", "gs_1", frozenset(), frozenset(), "onprem", "ln_1", "tr_1"),
]


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_a_principal_comes_out_as_it_went_in(principal: Principal) -> None:
    app = app_over_fakes()
    seen = []
    app.route("/v1/me")(lambda: seen.append(caller(app)))
    context = principal_context(principal)
    assert all(isinstance(value, str) for value in context.values())
    call(app, "/v1/me", authorizer=context)
    assert seen == [principal]


def test_without_an_authorizer_there_is_no_caller() -> None:
    app = app_over_fakes()

    @app.route("/v1/me")
    def me() -> Any:
        with pytest.raises(Refused) as caught:
            caller(app)
        return {"code": caught.value.code}

    assert call(app, "/v1/me")[2] == {"code": "token_invalid"}
