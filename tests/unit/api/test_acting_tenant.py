"""A request acts for the tenant that the authorizer verified, for nobody else, and for nobody afterwards."""

import json
from typing import Any

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.errors import Refused
from chalicelib.use_cases.acting_tenant import act_for, acting_for, acting_tenant
from tests.fakes.context import FakeContext


def app_that_tells() -> FumibakoApp:
    app = FumibakoApp("told", FakeContext)

    @app.route("/who", methods=["GET", "POST"])
    def who() -> dict[str, Any]:
        return {"acting": acting_tenant()}

    @app.route("/refuses")
    def refuses() -> None:
        raise Refused("gone", "It is gone.")

    @app.route("/verifies/{tenant}")
    def verifies(tenant: str) -> dict[str, Any]:
        before = acting_tenant()
        act_for(tenant)
        return {"before": before, "acting": acting_tenant()}

    return app


def call(app: FumibakoApp, path: str, *, authorizer: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    parameters = {"tenant": more.pop("tenant")} if "tenant" in more else {}
    event = {
        "httpMethod": "GET",
        "headers": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "body": None,
        "isBase64Encoded": False,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "path": path,
            "httpMethod": "GET",
            "requestId": "r",
            "identity": {"sourceIp": "192.0.2.1"},
            **({} if authorizer is None else {"authorizer": authorizer}),
        },
        **more,
    }
    return dict(json.loads(app(event, None)["body"]))


def test_the_verified_principals_tenant_acts() -> None:
    app = app_that_tells()
    assert call(app, "/who", authorizer={"tenant": "acme", "id": "mb_1"}) == {"acting": "acme"}
    assert call(app, "/who") == {"acting": None}
    assert acting_tenant() is None


def test_what_a_caller_sends_changes_nothing() -> None:
    app = app_that_tells()
    sent: dict[str, Any] = {
        "headers": {"x-tenant": "rival", "tenantid": "rival", "authorization": "rival.x"},
        "multiValueQueryStringParameters": {"tenant": ["rival"]},
        "stageVariables": {"tenant": "rival"},
    }
    assert call(app, "/who", authorizer={"tenant": "acme", "id": "mb_1"}, **sent) == {"acting": "acme"}
    assert call(app, "/who", **sent) == {"acting": None}


def test_it_ends_with_the_request_even_where_that_fails() -> None:
    app = app_that_tells()
    assert call(app, "/refuses", authorizer={"tenant": "acme", "id": "mb_1"})["code"] == "gone"
    assert acting_tenant() is None


def test_a_page_that_verifies_its_visitor_acts_for_it_until_its_end() -> None:
    app = app_that_tells()
    assert call(app, "/verifies/{tenant}", tenant="acme") == {"before": None, "acting": "acme"}
    assert acting_tenant() is None


def test_scopes_nest() -> None:
    with acting_for("acme"):
        with acting_for(None):
            assert acting_tenant() is None
        assert acting_tenant() == "acme"
    assert acting_tenant() is None
