from typing import Any

from tests.service.auth.office import ADMIN, Office

JIRO = {"email": "Jiro@Example.co.jp", "name": "Jiro", "roles": ["member"]}
PASSWORD = "four unrelated words here"


def invited(office: Office, token: str, **more: Any) -> dict[str, Any]:
    answer = office.call("POST", "/v1/members", JIRO | more, token=token)
    assert answer.status == 201, answer.body
    return dict(answer.body)


def joined(office: Office, token: str, **more: Any) -> tuple[dict[str, Any], str]:
    member = invited(office, token, **more)
    body = {"token": member["invitation_token"], "password": PASSWORD}
    assert office.call("POST", "/v1/members/accept", body).status == 204
    sign_in = {"email": member["email"], "password": PASSWORD, "client": "cli"}
    return member, office.call("POST", "/v1/login", sign_in).body["access_token"]


def test_an_invited_member_chooses_a_password_and_comes_in() -> None:
    office = Office()
    token = office.token()
    member = invited(office, token)
    assert member["state"] == "invited"
    assert member["email"] == "Jiro@example.co.jp"
    mail = office.mailed("member.invited.v1")
    assert mail["url"] == f"{office.tenant.base_url}/join#{member['invitation_token']}"
    assert mail["company"] == "Acme"
    sign_in = {"email": "jiro@EXAMPLE.co.jp", "password": PASSWORD, "client": "cli"}
    assert office.call("POST", "/v1/login", sign_in).code == "sign_in_failed"
    accept = {"token": member["invitation_token"], "password": "jirojirojiro"}
    assert office.call("POST", "/v1/members/accept", accept).code == "password_common"
    accept["password"] = PASSWORD
    assert office.call("POST", "/v1/members/accept", accept).status == 204
    assert office.call("POST", "/v1/members/accept", accept).code == "invitation_invalid"
    assert office.call("POST", "/v1/login", sign_in).status == 200


def test_an_invitation_ends_after_seven_days() -> None:
    office = Office()
    member = invited(office, office.token())
    office.ctx.clock.advance(7 * 86_400_000)
    body = {"token": member["invitation_token"], "password": PASSWORD}
    assert office.call("POST", "/v1/members/accept", body).code == "invitation_invalid"
    assert office.call("POST", "/v1/members/accept", body | {"token": "junk"}).code == "invitation_invalid"


def test_an_address_has_one_account_whatever_its_case() -> None:
    office = Office()
    token = office.token()
    assert office.call("POST", "/v1/members", JIRO | {"email": ADMIN.upper()}, token=token).code == "member_exists"
    invited(office, token)
    assert office.call("POST", "/v1/members", JIRO, token=token).code == "member_exists"


def test_a_repeated_invitation_is_the_same_one() -> None:
    office = Office()
    token, headers = office.token(), {"idempotency-key": "k"}
    one = office.call("POST", "/v1/members", JIRO, token=token, headers=headers)
    two = office.call("POST", "/v1/members", JIRO, token=token, headers=headers)
    assert one.body == two.body
    assert [event.type for event in office.ctx.records.outbox].count("member.invited.v1") == 1


def test_a_plain_member_administers_nothing() -> None:
    office = Office()
    member, mine = joined(office, office.token())
    for method, path, body in (
        ("GET", "/v1/members", None),
        ("POST", "/v1/members", JIRO),
        ("GET", f"/v1/members/{member['id']}", None),
        ("DELETE", f"/v1/members/{office.admin_id()}", None),
        ("GET", "/v1/tenant", None),
        ("POST", "/v1/service-accounts", {"name": "x", "scopes": ["admin"]}),
    ):
        answer = office.call(method, path, body, token=mine)
        assert (answer.status, answer.code) == (403, "role_missing"), path


def test_roles_hold_at_the_next_request() -> None:
    office = Office()
    token = office.token()
    member, mine = joined(office, token)
    shown = office.call("GET", f"/v1/members/{member['id']}", token=token)
    change = {"roles": ["admin", "member"]}
    path, headers = f"/v1/members/{member['id']}", {"if-match": shown.headers["etag"]}
    changed = office.call("PATCH", path, change, token=token, headers=headers)
    assert changed.status == 200
    assert changed.body["roles"] == ["admin", "member"]
    assert office.call("GET", "/v1/members", token=mine).status == 200
    assert office.call("PATCH", path, change, token=token, headers=headers).status == 412
    assert office.call("PATCH", path, change, token=token).status == 428


def test_a_removed_member_is_out_at_once_and_the_address_is_free() -> None:
    office = Office()
    token = office.token()
    member, mine = joined(office, token)
    pat = office.call("POST", "/v1/keys", {"name": "n", "scopes": ["admin"]}, token=mine).body["token"]
    assert office.call("DELETE", f"/v1/members/{member['id']}", token=token).status == 204
    for bearer in (mine, pat):
        assert office.call("GET", "/v1/me", token=bearer).status == 401
    assert office.call("GET", f"/v1/members/{member['id']}", token=token).status == 404
    assert office.call("DELETE", f"/v1/members/{member['id']}", token=token).status == 404
    assert len(office.call("GET", "/v1/members", token=token).body["items"]) == 1
    assert invited(office, token)["id"] != member["id"]


def test_the_last_admin_stays() -> None:
    office = Office()
    token, me = office.token(), office.admin_id()
    path = f"/v1/members/{me}"
    assert office.call("DELETE", path, token=token).code == "last_admin"
    etag = office.call("GET", path, token=token).headers["etag"]
    demote = office.call("PATCH", path, {"roles": ["member"]}, token=token, headers={"if-match": etag})
    assert (demote.status, demote.code) == (409, "last_admin")
    joined(office, token, roles=["admin"])
    assert office.call("DELETE", path, token=token).status == 204


def test_members_are_listed_in_pages() -> None:
    office = Office()
    token = office.token()
    for number in range(4):
        invited(office, token, email=f"m{number}@example.co.jp")
    names: list[str] = []
    path = "/v1/members?limit=2"
    while True:
        page = office.call("GET", path, token=token).body
        names += [one["email"] for one in page["items"]]
        if "next" not in page:
            break
        path = f"/v1/members?limit=2&cursor={page['next']}"
    assert names == [ADMIN, *(f"m{number}@example.co.jp" for number in range(4))]
    for query in ("limit=0", "limit=201", "limit=two", "colour=red", "limit=2&limit=3", "cursor=xxx"):
        assert office.call("GET", f"/v1/members?{query}", token=token).status == 400, query


def test_everybody_is_told_the_longest_expiry_as_it_is_set() -> None:
    office = Office()
    token = office.token()
    _, mine = joined(office, token)
    headers = {"if-match": office.call("GET", "/v1/tenant", token=token).headers["etag"]}
    shorter = {"default_expiry_days": 3, "max_expiry_days": 10}
    assert office.call("PATCH", "/v1/tenant", shorter, token=token, headers=headers).status == 200
    assert office.call("GET", "/v1/me", token=mine).body["tenant"]["max_expiry_days"] == 10


def test_an_admin_changes_settings_and_not_the_operators() -> None:
    office = Office()
    token = office.token()
    shown = office.call("GET", "/v1/tenant", token=token)
    headers = {"if-match": shown.headers["etag"]}
    changed = office.call("PATCH", "/v1/tenant", {"hold_minutes": 0}, token=token, headers=headers)
    assert changed.status == 200
    assert changed.body["hold_minutes"] == 0
    assert office.call("PATCH", "/v1/tenant", {"hold_minutes": 1}, token=token, headers=headers).status == 412
    headers = {"if-match": changed.headers["etag"]}
    for body, code in (
        ({"quota_bytes": 1}, "request_invalid"),
        ({"base_url": "https://evil.example"}, "request_invalid"),
        ({"hold_minutes": 61}, "request_invalid"),
        ({"default_expiry_days": 91}, "setting_invalid"),
    ):
        assert office.call("PATCH", "/v1/tenant", body, token=token, headers=headers).code == code
    assert office.ctx.records.outbox[-1].data["settings"] == ["hold_minutes"]
