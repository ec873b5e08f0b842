"""What no route takes: bodies too large, broken, deep or of other types, methods and queries that aren't there. Asked of every route."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.api.describe import Description, described
from chalicelib.settings import Settings
from onprem.runtime.apps import load_apps
from tests.service.bad_input.refusal import check_problem, check_refused
from tests.service.support.cast import Cast
from tests.service.support.parcel import TRANSFERS

ROUTES = [(f"/{name}{one.path}", one) for name, app in load_apps(Settings()).items() for one in described(app)]
WITH_BODY = [pytest.param(path, one, id=f"{one.method} {path}") for path, one in ROUTES if one.request is not None]
WITHOUT = [pytest.param(path, one, id=f"{one.method} {path}") for path, one in ROUTES if one.request is None]
JSON = "application/json"
DEEP = b"[" * 33 + b"]" * 33


def below(path: str, cast: Cast) -> str:
    """The path with ids that are there."""
    ids = {"{transfer}": cast.transfers["ready"].id, "{session}": cast.downloads["soto"]}
    ids |= {"{request}": cast.requests["acme"]["id"], "{id}": cast.members["colleague"]}
    for name, one in ids.items():
        path = path.replace(name, one)
    return path


def headers_of(one: Description) -> dict[str, str]:
    return {"if-match": '"1"'} if one.if_match else {}


def broken() -> Iterator[tuple[str, bytes, str, int, str]]:
    """Name, body, media type, status and code."""
    for name, raw in (
        ("nothing", b""),
        ("half an object", b"{"),
        ("no JSON", b"files=1"),
        ("not UTF-8", b"\xff\xfe{}"),
        ("a comma too many", b"{,}"),
        ("no number", b"NaN"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
    ):
        yield name, raw, JSON, 400, "body_not_json"
    for name, raw in (("a list", b"[]"), ("a text", b'"x"'), ("null", b"null"), ("a number", b"1")):
        yield name, raw, JSON, 422, "request_invalid"
    yield "an unknown field", b'{"no_such_field": 1}', JSON, 422, "request_invalid"
    yield "deep", DEEP, JSON, 400, "body_too_deep"
    yield "deep in an unknown field", b'{"x": ' + DEEP + b"}", JSON, 400, "body_too_deep"
    yield "very deep", b'{"x":' * 13_000, JSON, 400, "body_too_deep"
    yield "a form", b"a=1", "application/x-www-form-urlencoded", 415, "media_type_wrong"
    yield "a text type", b"{}", "text/plain", 415, "media_type_wrong"
    yield "several parts", b"--x--", "multipart/form-data; boundary=x", 415, "media_type_wrong"
    yield "5,000,000 bytes", b'{"a": "' + b"x" * 4_999_991 + b'"}', JSON, 413, "body_too_large"


@pytest.mark.parametrize(("path", "one"), WITH_BODY)
def test_no_route_takes_a_broken_body(cast: Cast, path: str, one: Description) -> None:
    path = below(path, cast)
    for name, raw, media_type, status, code in broken():
        # Of a body this large, the door alone is asked; the rest is the same for all.
        if len(raw) > 1_000_000 and one.name not in ("create", "login"):
            continue
        sent = {"content-type": media_type, **headers_of(one)}

        def ask(more: dict[str, str], raw: bytes = raw, sent: dict[str, str] = sent) -> Any:
            return cast.world.call(one.method, path, raw=raw, token=cast.admin, headers={**sent, **more})

        try:
            check_refused(cast, ask, status, code)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@pytest.mark.parametrize(("path", "one"), WITHOUT)
def test_a_route_without_a_body_takes_none(cast: Cast, path: str, one: Description) -> None:
    path = below(path, cast)

    def ask(raw: bytes) -> Any:
        return lambda more: cast.world.call(
            one.method, path, raw=raw, token=cast.admin, headers={"content-type": JSON, **headers_of(one), **more}
        )

    if one.method == "GET":
        return
    check_refused(cast, ask(b'{"a": 1}'), 400, "body_unexpected")
    check_refused(cast, ask(DEEP), 400, "body_too_deep")


@pytest.mark.parametrize(("path", "one"), [*WITH_BODY, *WITHOUT])
def test_no_route_takes_an_unknown_query(cast: Cast, path: str, one: Description) -> None:
    path = below(path, cast)

    def ask(query: str) -> Any:
        return lambda more: cast.world.call(
            one.method, f"{path}?{query}", token=cast.admin, headers={**headers_of(one), **more}
        )

    check_refused(cast, ask("no_such=1"), 400, "query_invalid", pointer="/no_such")
    check_refused(cast, ask("&".join(f"a{n}=1" for n in range(101))), 400, "query_invalid")
    for name, query in one.query.items():
        check_refused(cast, ask(f"{name}=1&{name}=1"), 400, "query_invalid", pointer=f"/{name}")
        if query.kind == "integer":
            for bad in (str(query.low - 1), str(query.high + 1), "-1", "1.5", "x", "%EF%BC%91", "9" * 40, ""):
                check_refused(cast, ask(f"{name}={bad}"), 400, "query_invalid", pointer=f"/{name}")
        elif query.values:
            check_refused(cast, ask(f"{name}=none-of-these"), 400, "query_invalid", pointer=f"/{name}")
        elif name == "cursor":
            for bad in ("x", "%00", "A" * 5_000, "..", "%ff"):
                answer = ask(f"{name}={bad}")({})
                assert answer.status < 500, (bad, answer.raw)


@pytest.mark.parametrize("path", sorted({path for path, _ in ROUTES}))
def test_methods_that_are_not_there_name_those_that_are(cast: Cast, path: str) -> None:
    known = {one.method for other, one in ROUTES if other == path}
    place = below(path, cast)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - known:
        if method == "GET" and "GET" in known:
            continue
        check_refused(
            cast,
            lambda h, m=method: cast.world.call(m, place, token=cast.admin, headers=h),
            405,
            "method_not_allowed",
        )
        allow = cast.world.call(method, place, token=cast.admin).headers["allow"]
        assert known <= set(allow.split(", "))


def test_paths_that_are_not_there_are_not_found(cast: Cast) -> None:
    for path in (
        "/",
        "/nowhere",
        "/auth",
        "/auth/v2/me",
        "/transfers/v1/transfers/",
        "/auth/v1/me/",
        "/blobs",
        "/blobs/x",
    ):
        answer = cast.world.call("GET", path, token=cast.admin, headers={"accept-language": "en"})
        assert (answer.status, answer.code) in ((404, "not_found"), (403, "url_invalid")), path
        check_problem(answer, answer.status, answer.code)


def test_a_change_needs_the_version_that_was_read(cast: Cast) -> None:
    for path, token in ((cast.transfers["ready"].path, cast.hanako), ("/auth/v1/tenant", cast.admin)):
        for header, status, code in (
            ({}, 428, "if_match_missing"),
            ({"if-match": "1"}, 400, "if_match_invalid"),
            ({"if-match": "*"}, 400, "if_match_invalid"),
            ({"if-match": 'W/"1"'}, 400, "if_match_invalid"),
            ({"if-match": '"1", "2"'}, 400, "if_match_invalid"),
            ({"if-match": '"-1"'}, 400, "if_match_invalid"),
            ({"if-match": '"' + "9" * 40 + '"'}, 400, "if_match_invalid"),
            ({"if-match": '"999"'}, 412, "version_changed"),
        ):
            check_refused(
                cast,
                lambda h, p=path, t=token, v=header: cast.world.call("PATCH", p, {}, token=t, headers={**v, **h}),
                status,
                code,
            )


def test_two_documents_are_not_one(cast: Cast) -> None:
    """On a route that would take the first of them."""
    check_refused(
        cast, lambda h: cast.world.call("POST", "/auth/v1/device", raw=b"{}{}", headers=h), 400, "body_not_json"
    )


def test_a_host_that_is_nobodys_signs_nobody_in(cast: Cast) -> None:
    body = {"email": "hanako@acme.example", "password": "x", "client": "cli"}
    for base in ("https://nobody.example", "https://files.acme.example:444", "https://files.acme.example.evil.example"):
        check_refused(
            cast,
            lambda h, b=base: cast.world.call("POST", "/auth/v1/login", body, base=b, headers=h),
            421,
            "host_unknown",
        )


@pytest.mark.parametrize(("path", "one"), [(path, one) for path, one in ROUTES if one.request is not None and one.open])
def test_what_anybody_may_call_takes_small_bodies(cast: Cast, path: str, one: Description) -> None:
    raw = b'{"a": "' + b"x" * 65_527 + b'"}'
    for body, status, code in ((raw, 413, "body_too_large"), (raw[:-3] + b'"}', 422, "request_invalid")):
        answer = cast.world.call(one.method, path, raw=body)
        assert (answer.status, answer.code) == (status, code)


def test_a_body_of_exactly_the_limit_is_too_large_and_one_less_is_judged(cast: Cast) -> None:
    def padded(size: int) -> bytes:
        body = json.dumps({"files": [], "title": ""}).encode()
        return body[:-1] + b" " * (size - len(body)) + b"}"

    for size, status, code in ((4_999_999, 422, "files_none"), (5_000_000, 413, "body_too_large")):
        check_refused(
            cast,
            lambda h, s=size: cast.world.call("POST", TRANSFERS, raw=padded(s), token=cast.hanako, headers=h),
            status,
            code,
        )
