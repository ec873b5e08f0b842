"""Requests through CloudFront: host and address as the front saw them, and nobody else is let in."""

from typing import Any

import pytest

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.front import ADDRESS_HEADER, HOST_HEADER, KEY_HEADER, is_front
from tests.fakes.context import FakeContext
from tests.unit.runtime.apps import call, event

KEYS = ("k" * 48, "o" * 48)
GATEWAY = "198.51.100.9"


@pytest.fixture
def app() -> FumibakoApp:
    made = FakeContext()
    app = FumibakoApp("test", lambda: made, lambda: KEYS)

    @app.route("/v1/seen")
    def seen() -> Any:
        request = app.request
        return {
            "host": request.headers["host"],
            "address": request.context["identity"]["sourceIp"],
            "front": [name for name in request.to_dict()["headers"] if "front" in name or "viewer" in name],
        }

    return app


def through(key: str, **more: str) -> dict[str, str]:
    return {
        "Host": "api.example.jp",
        KEY_HEADER.title(): key,
        HOST_HEADER: "files.example.jp",
        ADDRESS_HEADER: "203.0.113.5",
        **more,
    }


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_key_counts_so_that_one_can_be_renewed(app: FumibakoApp, key: str) -> None:
    status, _, body = call(app, "/v1/seen", headers=through(key), source_ip=GATEWAY)
    assert (status, body) == (200, {"host": "files.example.jp", "address": "203.0.113.5", "front": []})


@pytest.mark.parametrize("key", ["", "k" * 47, "K" * 48, "鍵" * 16])
def test_who_goes_around_the_front_is_refused(app: FumibakoApp, key: str) -> None:
    status, headers, body = call(app, "/v1/seen", headers=through(key), source_ip=GATEWAY)
    assert (status, body["code"]) == (421, "host_unknown")
    assert "api.example.jp" not in str(body)
    assert headers["Content-Type"] == "application/problem+json"


def test_a_client_can_not_say_that_it_came_through(app: FumibakoApp) -> None:
    asked = event("/v1/seen", headers={"host": "files.example.jp", "cameThroughFront": "true"})
    assert app(asked, None)["statusCode"] == 421


def test_without_keys_everything_stays_as_the_gateway_says() -> None:
    made = FakeContext()
    app = FumibakoApp("test", lambda: made)

    @app.route("/v1/seen")
    def seen() -> Any:
        return {"address": app.request.context["identity"]["sourceIp"]}

    assert call(app, "/v1/seen", headers=through(KEYS[0]), source_ip=GATEWAY)[2] == {"address": GATEWAY}


def test_no_key_is_no_front() -> None:
    assert not is_front("", ())
    assert not is_front("x", ())
