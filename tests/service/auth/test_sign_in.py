from base64 import b32decode

import pytest

from chalicelib.domain.totp import step_of, totp
from tests.service.auth.office import ADMIN, Office

NEW = "four unrelated words here"


def refresh(office: Office, token: str, **more: str) -> tuple[int, dict[str, str]]:
    answer = office.call("POST", "/v1/token", {"grant_type": "refresh_token", "refresh_token": token}, headers=more)
    return answer.status, answer.body


def enrol(office: Office, token: str) -> tuple[bytes, list[str]]:
    secret = office.call("POST", "/v1/totp", token=token).body["secret"]
    raw = b32decode(secret + "=" * (-len(secret) % 8))
    code = totp(raw, step_of(office.ctx.clock.now_ms()))
    return raw, office.call("POST", "/v1/totp/confirm", {"code": code}, token=token).body["recovery_codes"]


def test_the_first_admin_signs_in_and_is_told_who_they_are() -> None:
    office = Office()
    body = office.login()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 900
    assert body["member"] == {
        "id": office.admin_id(),
        "email": ADMIN,
        "name": "Hanako",
        "roles": ["admin", "auditor", "member"],
    }
    assert body["tenant"] == {"id": "acme", "name": "Acme"}
    me = office.call("GET", "/v1/me", token=body["access_token"]).body
    assert me["kind"] == "member"
    assert me["scopes"] == ["*"]
    assert me["tenant"] == {
        "id": "acme",
        "name": "Acme",
        "base_url": office.tenant.base_url,
        "language": "ja",
        "max_expiry_days": 90,
    }


def test_unknown_address_and_wrong_password_answer_alike_and_hash_alike() -> None:
    office = Office()
    before = office.ctx.hashes.hashed
    wrong = office.call("POST", "/v1/login", {"email": ADMIN, "password": "wrong", "client": "cli"})
    unknown = office.call("POST", "/v1/login", {"email": "nobody@example.co.jp", "password": "wrong", "client": "cli"})
    assert (wrong.status, wrong.code, wrong.body["detail"]) == (unknown.status, unknown.code, unknown.body["detail"])
    assert (wrong.status, wrong.code) == (401, "sign_in_failed")
    # The unknown one hashes where the known one verifies; both cost one Argon2 run.
    assert office.ctx.hashes.hashed == before + 1


def test_an_unknown_address_costs_the_store_what_a_wrong_password_costs() -> None:
    office = Office()

    def asked(email: str) -> dict[str, int]:
        before = office.ctx.records.calls.copy()
        office.call("POST", "/v1/login", {"email": email, "password": "wrong", "client": "cli"})
        return dict(office.ctx.records.calls - before)

    asked("warm@example.co.jp")  # the slice of the rate is borrowed once
    known = asked(ADMIN)
    assert asked("nobody@example.co.jp") == known
    invited = {"email": "new@example.co.jp", "name": "N", "roles": ["member"]}
    assert office.call("POST", "/v1/members", invited, token=office.token()).status == 201
    assert asked("new@example.co.jp") == known


def test_the_sixth_wrong_password_waits_and_the_wait_ends() -> None:
    office = Office()
    bad = {"email": ADMIN, "password": "wrong", "client": "cli"}
    codes = [office.call("POST", "/v1/login", bad).code for _ in range(6)]
    assert codes == ["sign_in_failed"] * 5 + ["too_many_attempts"]
    right = bad | {"password": office.password}
    refused = office.call("POST", "/v1/login", right)
    assert refused.status == 429
    assert refused.headers["retry-after"] == "5"
    office.ctx.clock.advance(5_000)
    assert office.call("POST", "/v1/login", right).status == 200
    assert office.call("POST", "/v1/login", bad).code == "sign_in_failed"


def test_one_network_guessing_many_accounts_is_slowed_down_and_others_are_not() -> None:
    office = Office()
    for number in range(50):
        office.call("POST", "/v1/login", {"email": f"m{number}@example.co.jp", "password": "x", "client": "cli"})
    body = {"email": ADMIN, "password": office.password, "client": "cli"}
    assert office.call("POST", "/v1/login", body).code == "too_many_attempts"
    assert office.call("POST", "/v1/login", body, ip="198.51.100.1").status == 200


def test_an_unknown_host_has_no_sign_in() -> None:
    office = Office()
    body = {"email": ADMIN, "password": office.password}
    assert office.call("POST", "/v1/login", body, host="other.example").status == 421


def test_the_page_gets_its_refresh_token_as_a_cookie_alone() -> None:
    office = Office()
    answer = office.call("POST", "/v1/login", {"email": ADMIN, "password": office.password, "client": "page"})
    assert "refresh_token" not in answer.body
    cookie = answer.headers["set-cookie"]
    for part in ("Path=/auth", "HttpOnly", "SameSite=Strict", "Secure"):
        assert part in cookie
    value = cookie.partition(";")[0]
    renewed = office.call("POST", "/v1/token", {"grant_type": "refresh_token"}, headers={"cookie": value})
    assert renewed.status == 200
    assert "refresh_token" not in renewed.body
    assert renewed.headers["set-cookie"].partition(";")[0] != value


def test_another_sites_page_cannot_use_the_cookie() -> None:
    office = Office()
    answer = office.call("POST", "/v1/login", {"email": ADMIN, "password": office.password, "client": "page"})
    headers = {"cookie": answer.headers["set-cookie"].partition(";")[0], "origin": "https://evil.example"}
    refused = office.call("POST", "/v1/token", {"grant_type": "refresh_token"}, headers=headers)
    assert (refused.status, refused.code) == (403, "origin_not_allowed")


def test_two_tabs_get_the_same_successor_and_a_thief_ends_the_family() -> None:
    office = Office()
    first = office.login()["refresh_token"]
    (_, one), (_, two) = refresh(office, first), refresh(office, first)
    assert one["refresh_token"] == two["refresh_token"] != first
    office.ctx.clock.advance(30_000)
    status, body = refresh(office, first)
    assert (status, body["code"]) == (401, "token_invalid")
    assert refresh(office, one["refresh_token"])[0] == 401
    assert office.call("GET", "/v1/me", token=one["access_token"]).status == 401
    assert office.ctx.records.outbox[-1].type == "session.revoked.v1"


def test_an_older_generation_is_reuse_even_within_the_grace_time() -> None:
    office = Office()
    first = office.login()["refresh_token"]
    second = refresh(office, first)[1]["refresh_token"]
    third = refresh(office, second)[1]["refresh_token"]
    assert refresh(office, first)[0] == 401
    assert refresh(office, third)[0] == 401


def test_access_ends_with_the_session() -> None:
    office = Office()
    one, two = office.login(device_name="mac"), office.login()
    page = office.call("GET", "/v1/sessions", token=two["access_token"]).body["items"]
    assert [(item["device_name"], item["current"]) for item in page] == [("", True), ("mac", False)]
    ended = office.call("DELETE", f"/v1/sessions/{page[1]['id']}", token=two["access_token"])
    assert ended.status == 204
    assert office.call("GET", "/v1/me", token=one["access_token"]).status == 401
    assert office.call("POST", "/v1/logout", token=two["access_token"]).status == 204
    assert office.call("GET", "/v1/me", token=two["access_token"]).status == 401
    assert refresh(office, two["refresh_token"])[0] == 401


def test_nobody_ends_anothers_session() -> None:
    office = Office()
    mine = office.login()
    guest = office.guest(office.link(office.transfer()))
    session = office.call("GET", "/v1/sessions", token=mine["access_token"]).body["items"][0]["id"]
    assert office.call("DELETE", f"/v1/sessions/{session}", token=guest["access_token"]).status == 404


def test_an_access_token_ends_after_fifteen_minutes() -> None:
    office = Office()
    token = office.token()
    office.ctx.clock.advance(15 * 60_000 - 1)
    assert office.call("GET", "/v1/me", token=token).status == 200
    office.ctx.clock.advance(1)
    assert office.call("GET", "/v1/me", token=token).status == 401


@pytest.mark.parametrize("change", ["signature", "payload", "header", "none", "empty", "scheme"])
def test_a_forged_token_lets_nobody_in(change: str) -> None:
    office = Office()
    header, payload, signature = office.token().split(".")
    forged = {
        "signature": f"{header}.{payload}.{'A' * len(signature)}",
        "payload": f"{header}.{payload[:-4]}AAAA.{signature}",
        "header": f"{header[:-4]}AAAA.{payload}.{signature}",
        "none": f"eyJhbGciOiJub25lIn0.{payload}.",
        "empty": "..",
        "scheme": "acme." + "A" * 27,
    }[change]
    answer = office.call("GET", "/v1/me", token=forged)
    assert (answer.status, answer.code) == (401, "token_invalid")


def test_a_second_factor_is_asked_and_its_code_is_good_once() -> None:
    office = Office()
    raw, codes = enrol(office, office.token())
    sign_in = {"email": ADMIN, "password": office.password, "client": "cli"}
    assert office.call("POST", "/v1/login", sign_in).code == "totp_required"
    office.ctx.clock.advance(30_000)
    code = totp(raw, step_of(office.ctx.clock.now_ms()))
    assert office.call("POST", "/v1/login", sign_in | {"totp": code}).status == 200
    assert office.call("POST", "/v1/login", sign_in | {"totp": code}).code == "totp_wrong"
    assert len(codes) == 10
    assert office.call("POST", "/v1/login", sign_in | {"totp": codes[3]}).status == 200
    assert office.call("POST", "/v1/login", sign_in | {"totp": codes[3]}).code == "totp_wrong"
    token = office.call("POST", "/v1/login", sign_in | {"totp": codes[4]}).body["access_token"]
    assert office.call("DELETE", "/v1/totp", {"password": "wrong"}, token=token).code == "password_wrong"
    assert office.call("DELETE", "/v1/totp", {"password": office.password}, token=token).status == 204
    assert office.call("POST", "/v1/login", sign_in).status == 200


def test_a_new_password_is_checked_and_ends_the_other_sessions() -> None:
    office = Office()
    one, two = office.login(), office.login()
    for new, code in (("short", "password_short"), ("password123456", "password_common")):
        body = {"current": office.password, "new": new}
        assert office.call("POST", "/v1/password", body, token=one["access_token"]).code == code
    wrong = office.call("POST", "/v1/password", {"current": "wrong", "new": NEW}, token=one["access_token"])
    assert wrong.code == "password_wrong"
    done = office.call("POST", "/v1/password", {"current": office.password, "new": NEW}, token=one["access_token"])
    assert done.status == 204
    assert office.call("GET", "/v1/me", token=one["access_token"]).status == 200
    assert office.call("GET", "/v1/me", token=two["access_token"]).status == 401
    assert office.call("POST", "/v1/login", {"email": ADMIN, "password": NEW, "client": "cli"}).status == 200


def test_an_old_hash_is_renewed_at_sign_in() -> None:
    office = Office()
    office.ctx.hashes.strength = 2
    before = office.ctx.hashes.hashed
    office.login()
    assert office.ctx.hashes.hashed == before + 1
    office.login()
    assert office.ctx.hashes.hashed == before + 1


def test_a_terminal_signs_in_by_a_code_that_a_member_approves() -> None:
    office = Office()
    begun = office.call("POST", "/v1/device", {"device_name": "build server"}).body
    assert begun["verification_uri"] == f"{office.tenant.base_url}/device"
    assert begun["interval"] == 5
    fetch = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
    assert office.call("POST", "/v1/token", fetch).code == "authorization_pending"
    assert office.call("POST", "/v1/token", fetch).code == "slow_down"
    token = office.token()
    typed = begun["user_code"].lower()
    body = {"user_code": typed, "approve": True}
    assert office.call("POST", "/v1/device/approve", body, token=token).status == 204
    signed_in = office.call("POST", "/v1/token", fetch)
    assert signed_in.status == 200
    assert signed_in.body["member"]["email"] == ADMIN
    assert office.call("GET", "/v1/me", token=signed_in.body["access_token"]).status == 200
    assert office.call("POST", "/v1/token", fetch).code == "expired_token"
    assert office.call("POST", "/v1/device/approve", body, token=token).code == "user_code_unknown"


def test_a_denied_or_late_terminal_gets_nothing() -> None:
    office = Office()
    token = office.token()
    for denies in (True, False):
        begun = office.call("POST", "/v1/device", {}).body
        fetch = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
        body = {"user_code": begun["user_code"], "approve": not denies}
        assert office.call("POST", "/v1/device/approve", body, token=token).status == 204
        if not denies:
            office.ctx.clock.advance(10 * 60_000)
        assert office.call("POST", "/v1/token", fetch).code == ("access_denied" if denies else "expired_token")


def test_judging_ones_own_terminal_makes_no_room_for_guesses() -> None:
    office = Office()
    token = office.token()

    def judge(code: str) -> str:
        answer = office.call("POST", "/v1/device/approve", {"user_code": code, "approve": False}, token=token)
        return "" if answer.status == 204 else answer.code

    guesses = []
    for _ in range(4):
        guesses += [judge("BCDF-GHJK"), judge("BCDF-GHJL")]
        guesses.append(judge(office.call("POST", "/v1/device", {}).body["user_code"]))
    assert guesses.count("user_code_unknown") == 5
    assert guesses[-1] == "too_many_attempts"
    office.ctx.clock.advance(5_000)
    assert judge(office.call("POST", "/v1/device", {}).body["user_code"]) == ""
