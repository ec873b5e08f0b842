"""Ids, links, codes and tokens that are spent, over, guessed or turned back in time. Other people's are the matrix's to show."""

import pytest

from tests.service.bad_input.refusal import check_problem, check_refused
from tests.service.support import parcel
from tests.service.support.caller import mailed_code, mailed_link, mails_to
from tests.service.support.cast import FILES, MINUTE, REQUESTS, SOTO, Cast
from tests.service.support.parcel import TRANSFERS
from tests.service.support.people import PASSWORD, prove, sign_in

VERIFY = "/auth/v1/links/verify"
# Tries are counted, and each that was counted is told to the audit.
TRIES = ("records|records|acme#challenge", "records|outbox|")


def guests_routes(cast: Cast, transfer: str, session: str) -> list[tuple[str, str, object]]:
    """Everything a guest of a transfer may call."""
    path = cast.transfers[transfer].path
    return [
        ("GET", path, None),
        ("GET", f"{path}/files", None),
        ("POST", f"{path}/downloads", {}),
        ("POST", f"{path}/downloads", {"session": session}),
        ("POST", f"{path}/downloads/{session}/complete", {}),
    ]


def test_a_wrong_code_five_times_spends_it(own: Cast) -> None:
    token = own.links["soto"].partition("#")[2]
    seen = len(mails_to(own.world, SOTO))
    challenge = own.world.call("POST", "/auth/v1/links/challenge", {"token": token}).body["challenge"]
    right = mailed_code(own.world, SOTO, after=seen)
    wrong = f"{(int(right) + 1) % 10**8:08d}"
    body = {"token": token, "challenge": challenge, "code": wrong}
    for left in (4, 3, 2, 1):
        answer = own.world.call("POST", VERIFY, body, headers={"accept-language": "ja"})
        problem = check_problem(answer, 401, "code_wrong", language="ja")
        assert str(left) in problem["detail"]
    for code in (wrong, right, right):
        answer = own.world.call("POST", VERIFY, {**body, "code": code}, headers={"accept-language": "en"})
        check_problem(answer, 401, "code_spent")
    check_refused(own, lambda h: own.world.call("POST", VERIFY, {**body, "code": right}, headers=h), 401, "code_spent")


@pytest.mark.parametrize(
    "code", ["", "0", "1234567", "123456789", "abcdefgh", "１２３４５６７８", "12345678\0", "a" * 65]
)
def test_what_is_no_code_opens_nothing(own: Cast, code: str) -> None:
    token = own.links["soto"].partition("#")[2]
    challenge = own.world.call("POST", "/auth/v1/links/challenge", {"token": token}).body["challenge"]
    own.world.settle()
    body = {"token": token, "challenge": challenge, "code": code}
    status, expected = (422, "request_invalid") if len(code) in (0, 65) else (401, "code_wrong")
    check_refused(own, lambda h: own.world.call("POST", VERIFY, body, headers=h), status, expected, allowed=TRIES)


def test_proof_of_another_kind_or_none_is_refused(cast: Cast) -> None:
    token = cast.links["soto"].partition("#")[2]
    for body in ({}, {"code": "12345678"}, {"challenge": "ch_x.y"}, {"passphrase_auth": "AAAA"}):
        check_refused(
            cast,
            lambda h, b=body: cast.world.call("POST", VERIFY, {"token": token, **b}, headers=h),
            422,
            "proof_needed",
        )
    by_link = cast.links["rival"].partition("#")[2]
    check_refused(
        cast,
        lambda h: cast.world.call("POST", "/auth/v1/links/challenge", {"token": by_link}, headers=h),
        409,
        "proof_other",
    )
    elsewhere = {"token": token, "address": "other@example.com"}
    check_refused(
        cast,
        lambda h: cast.world.call("POST", "/auth/v1/links/challenge", elsewhere, headers=h),
        403,
        "address_not_allowed",
    )


def test_an_eleventh_code_in_a_day_is_refused(own: Cast) -> None:
    token = {"token": own.links["yoso"].partition("#")[2]}
    answers = [own.world.call("POST", "/auth/v1/links/challenge", token) for _ in range(9)]
    assert {answer.status for answer in answers} == {200}  # one was sent when the cast assembled
    own.world.settle()
    check_refused(
        own, lambda h: own.world.call("POST", "/auth/v1/links/challenge", token, headers=h), 429, "too_many_challenges"
    )


def test_exhausted_downloads_are_gone_on_every_route(own: Cast) -> None:
    own.transfers["once"] = own.ready(own.hanako, "ichido@example.com", "mada@example.com", max_downloads=1)
    guest = prove(own.world, mailed_link(own.world, "ichido@example.com"), "ichido@example.com")["access_token"]
    path = f"{own.transfers['once'].path}/downloads"
    session = own.world.call("POST", path, {}, token=guest).body["session"]
    assert own.world.call("POST", f"{path}/{session}/complete", {}, token=guest).status == 204
    own.world.settle()
    for body in ({}, {"files": [own.transfers["once"].answer["files"][0]["id"]]}):
        check_refused(
            own, lambda h, b=body: own.world.call("POST", path, b, token=guest, headers=h), 410, "downloads_spent"
        )
    check_refused(
        own,
        lambda h: own.world.call("POST", path, {"session": session}, token=guest, headers=h),
        409,
        "download_over",
    )


def test_after_expiry_and_recall_every_route_of_a_guest_is_gone(own: Cast) -> None:
    for name in ("expiring", "recalled"):
        address = f"{name}@example.com"
        own.transfers[name] = own.ready(own.hanako, address, expires_in_minutes=5, proof="link")
        link = mailed_link(own.world, address).partition("#")[2]
        guest = own.world.call("POST", VERIFY, {"token": link}).body
        session = own.world.call("POST", f"{own.transfers[name].path}/downloads", {}, token=guest["access_token"]).body
        url = session["files"][0]
        if name == "expiring":
            own.world.offset += 5 * MINUTE + 1_000
        else:
            assert own.world.call("DELETE", own.transfers[name].path, token=own.hanako).status == 202
        for method, path, body in guests_routes(own, name, session["session"]):
            check_refused(
                own,
                lambda h, m=method, p=path, b=body, t=guest["access_token"]: own.world.call(
                    m, p, b, token=t, headers=h
                ),
                410,
                "gone",
            )
        for path in ("look", "challenge", "verify", "more-time"):
            check_refused(
                own,
                lambda h, p=path, t=link: own.world.call("POST", f"/auth/v1/links/{p}", {"token": t}, headers=h),
                410,
                "gone",
            )
        answer = own.world.signed(url, headers={"accept-language": "en"})
        assert (answer.status, answer.code) in ((410, "gone"), (403, "url_expired"))


def test_a_clock_that_was_stepped_back_reopens_nothing(own: Cast) -> None:
    own.transfers["short"] = own.ready(own.hanako, "jikan@example.com", expires_in_minutes=5, proof="link")
    link = mailed_link(own.world, "jikan@example.com").partition("#")[2]
    guest = own.world.call("POST", VERIFY, {"token": link}).body["access_token"]
    own.world.offset += 6 * MINUTE
    path = own.transfers["short"].path
    assert own.world.call("GET", path, token=guest).code == "gone"
    own.world.offset -= 60 * MINUTE
    check_refused(own, lambda h: own.world.call("GET", path, token=guest, headers=h), 410, "gone")
    # A process that starts now has never seen the later time itself.
    own.world.restart_clock()
    check_refused(own, lambda h: own.world.call("GET", path, token=guest, headers=h), 410, "gone")
    check_refused(own, lambda h: own.world.call("POST", VERIFY, {"token": link}, headers=h), 410, "gone")
    before = sign_in(own.world, "taro@acme.example", PASSWORD)
    assert own.world.call("GET", "/auth/v1/me", token=before["access_token"]).status == 200


CREATING = [
    ("POST", TRANSFERS, {"files": [{"name": "a", "size": 1}]}, {"files": [{"name": "b", "size": 1}]}, "owner"),
    ("POST", REQUESTS, {"title": "a"}, {"title": "b"}, "owner"),
    ("POST", "/auth/v1/keys", {"name": "a", "scopes": ["admin"]}, {"name": "b", "scopes": ["admin"]}, "owner"),
    (
        "POST",
        "/auth/v1/members",
        {"email": "neu@acme.example", "name": "a", "roles": ["member"]},
        {"email": "neu@acme.example", "name": "b", "roles": ["member"]},
        "admin",
    ),
    (
        "POST",
        "/auth/v1/service-accounts",
        {"name": "a", "scopes": ["transfers:read"]},
        {"name": "b", "scopes": ["transfers:read"]},
        "admin",
    ),
    ("POST", "uploading/files", {"files": [{"name": "x", "size": 1}]}, {"files": [{"name": "y", "size": 1}]}, "owner"),
    ("POST", "ready/downloads", {}, {"files": ["fi_x"]}, "soto"),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "other", "who"), [pytest.param(*one, id=one[1]) for one in CREATING]
)
def test_an_idempotency_key_is_good_for_one_body(
    own: Cast, method: str, path: str, body: object, other: object, who: str
) -> None:
    name, _, rest = path.partition("/")
    path = f"{own.transfers[name].path}/{rest}" if name else path

    def ask(sent: object, headers: dict[str, str]) -> object:
        return own.world.call(method, path, sent, token=own.tokens[who], headers=headers)

    key = {"idempotency-key": "the-same-key"}
    first = own.world.call(method, path, body, token=own.tokens[who], headers=key)
    assert first.status == 201, first.body
    before = own.world.dump()
    again = own.world.call(method, path, body, token=own.tokens[who], headers=key)
    assert again.status == 201
    assert again.body.get("id") == first.body.get("id")
    assert again.body.get("session") == first.body.get("session")
    assert len(own.world.dump()) == len(before)
    check_refused(own, lambda h: ask(other, {**h, **key}), 422, "idempotency_key_reused")  # type: ignore[arg-type,return-value]
    for bad in ("", "a" * 129, "a b", "\x7f"):
        check_refused(own, lambda h, b=bad: ask(body, {**h, "idempotency-key": b}), 400, "idempotency_key_invalid")  # type: ignore[arg-type,return-value,misc]


def test_limits_of_a_file_request_hold(own: Cast) -> None:
    body = {"title": "two files", "max_files": 2, "max_bytes": 10, "proof": "link"}
    link = own.world.call("POST", REQUESTS, body, token=own.hanako).body["url"].partition("#")[2]
    guest = own.world.call("POST", VERIFY, {"token": link}).body["access_token"]
    for contents in ({"a": b"", "b": b"", "c": b""}, {"a": b"12345678901"}):
        check_refused(
            own,
            lambda h, c=contents: own.world.call("POST", TRANSFERS, parcel.announce(c), token=guest, headers=h),
            409,
            "request_limit",
        )
    addressed = parcel.announce(FILES, recipients=[{"email": SOTO}])
    check_refused(
        own,
        lambda h: own.world.call("POST", TRANSFERS, addressed, token=guest, headers=h),
        422,
        "recipients_not_allowed",
    )
