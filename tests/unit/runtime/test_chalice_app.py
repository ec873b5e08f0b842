import threading
from typing import Any

import pytest
from chalice.app import Chalice, Response

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.errors import Refused, StoreAway, refuse_field
from tests.unit.runtime.apps import app_over_fakes, call, event


def paths_seen(app: Chalice) -> set[str]:
    """Two requests at once on one app object, each asking the app for its own path after the other has begun."""
    met = threading.Barrier(2, timeout=10)
    seen: dict[str, str] = {}

    def view() -> dict[str, str]:
        assert app.current_request is not None
        before = app.current_request.path
        met.wait()
        seen[threading.current_thread().name] = str(getattr(app.current_request, "path", None))
        assert before in ("/one", "/two")
        return {}

    for path in ("/one", "/two"):
        app.route(path, name=path)(view)
    threads = [threading.Thread(target=app, args=(event(path), None), name=path) for path in ("/one", "/two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {name for name, path in seen.items() if name == path}


def test_requests_at_the_same_time_keep_their_own_request() -> None:
    assert paths_seen(app_over_fakes()) == {"/one", "/two"}


def test_the_plain_class_mixes_them_up() -> None:
    assert len(paths_seen(Chalice("plain", configure_logs=False))) == 1


def test_lambda_contexts_are_kept_apart_too() -> None:
    app = app_over_fakes()
    met = threading.Barrier(2, timeout=10)
    seen = []

    @app.route("/one")
    def one() -> dict[str, str]:
        own = app.lambda_context
        met.wait()
        seen.append(own is app.lambda_context)
        return {}

    threads = [threading.Thread(target=app, args=(event("/one"), object())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True, True]
    assert app.current_request is None
    assert app.lambda_context is None


@pytest.fixture
def app() -> FumibakoApp:
    app = app_over_fakes()

    @app.route("/v1/things", methods=["GET", "POST"])
    def things() -> Any:
        return {"items": []}

    @app.route("/v1/refuse")
    def refuse() -> Any:
        raise refuse_field("request_invalid", "/name", "The name is wrong.")

    @app.route("/v1/away")
    def away() -> Any:
        raise StoreAway

    @app.route("/v1/broken")
    def broken() -> Any:
        raise ValueError("the passphrase is hunter2")

    @app.route("/v1/folded")
    def folded() -> Any:
        return Response({}, {"X-Thing": "a\nSet-Cookie: b"})

    return app


PROBLEM = {"type", "title", "status", "code", "detail", "hint", "errors", "request_id"}


@pytest.mark.parametrize(
    ("path", "method", "headers", "body", "status", "code"),
    [
        ("/v1/none", "GET", {}, None, 404, "not_found"),
        ("/v1/things", "PUT", {}, None, 405, "method_not_allowed"),
        ("/v1/things", "POST", {"Content-Type": "text/xml"}, "<a/>", 415, "media_type_wrong"),
        ("/v1/things", "POST", {}, "x" * 5_000_000, 413, "body_too_large"),
        ("/v1/things", "POST", {}, "[" * 33 + "]" * 33, 400, "body_too_deep"),
        ("/v1/refuse", "GET", {}, None, 422, "request_invalid"),
        ("/v1/away", "GET", {}, None, 503, "store_away"),
        ("/v1/broken", "GET", {}, None, 500, "internal_error"),
        ("/v1/folded", "GET", {}, None, 500, "internal_error"),
    ],
)
def test_every_refusal_has_the_one_shape(
    app: FumibakoApp, path: str, method: str, headers: dict[str, str], body: str | None, status: int, code: str
) -> None:
    got, answer_headers, problem = call(app, path, method, headers=headers, body=body)
    assert (got, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) == PROBLEM
    assert answer_headers["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == answer_headers["X-Request-Id"] == "own-request-id"
    assert answer_headers["X-Content-Type-Options"] == "nosniff"
    assert problem["hint"]


def test_a_refused_field_is_pointed_at(app: FumibakoApp) -> None:
    assert call(app, "/v1/refuse")[2]["errors"] == [
        {"pointer": "/name", "code": "request_invalid", "detail": "The name is wrong."}
    ]


def test_a_method_that_is_not_there_names_those_that_are(app: FumibakoApp) -> None:
    assert call(app, "/v1/things", "PUT")[1]["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_waiting_time_is_told(app: FumibakoApp) -> None:
    assert call(app, "/v1/away")[1]["Retry-After"] == "5"


def test_what_broke_is_logged_by_place_and_not_by_text(app: FumibakoApp, caplog: pytest.LogCaptureFixture) -> None:
    call(app, "/v1/broken")
    (record,) = caplog.records
    logged = vars(record)
    assert logged["exception"] == "ValueError"
    assert any("broken" in place for place in logged["places"])
    assert "hunter2" not in str(logged)


def test_a_failing_middleware_answers_as_a_problem(app: FumibakoApp) -> None:
    def failing(_event: Any, _next: Any) -> Any:
        raise RuntimeError("secret")

    app.register_middleware(failing, "http")
    status, _, problem = call(app, "/v1/things")
    assert (status, problem["code"]) == (500, "internal_error")


def test_titles_and_hints_come_in_the_reader_s_language(app: FumibakoApp) -> None:
    english = call(app, "/v1/none")[2]
    japanese = call(app, "/v1/none", headers={"Accept-Language": "ja-JP,ja;q=0.9,en;q=0.8"})[2]
    assert (english["title"], japanese["title"]) == ("Nothing here", "見つかりません")


@pytest.mark.parametrize(
    ("given", "taken"),
    [("abc-DEF_123", True), ("short", False), ("with space", False), ("x" * 65, False), ("new\nline-in-it", False)],
)
def test_a_request_id_is_taken_over_if_it_is_well_formed(app: FumibakoApp, given: str, taken: bool) -> None:
    got = call(app, "/v1/things", headers={"X-Request-ID": given})[1]["X-Request-Id"]
    assert got == (given if taken else "own-request-id")


def test_head_is_a_get_without_a_body(app: FumibakoApp) -> None:
    status, _, body = call(app, "/v1/things", "HEAD")
    assert (status, body) == (200, None)


def test_options_names_the_methods(app: FumibakoApp) -> None:
    status, headers, body = call(app, "/v1/things", "OPTIONS")
    assert (status, headers["Allow"], body) == (204, "GET, HEAD, OPTIONS, POST", None)


def test_a_get_with_a_stray_media_type_is_answered(app: FumibakoApp) -> None:
    assert call(app, "/v1/things", headers={"Content-Type": "text/plain"})[0] == 200


def test_routes_raise_refused_with_status_by_code_alone() -> None:
    app = app_over_fakes()

    @app.route("/v1/full")
    def full() -> Any:
        raise Refused("store_full", "No room.")

    assert call(app, "/v1/full")[0] == 507
