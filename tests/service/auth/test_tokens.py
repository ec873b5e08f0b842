import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from fumibako_format import jws
from tests.service.auth.office import Office

KEY = {"name": "nightly", "scopes": ["transfers:write"]}


def assertion(office: Office, account: dict[str, Any], private: ec.EllipticCurvePrivateKey, **changes: Any) -> str:
    now = office.ctx.clock.now_ms() // 1000
    claims = {
        "iss": account["client_id"],
        "sub": account["client_id"],
        "aud": f"{office.tenant.base_url}/auth/v1/token",
        "exp": now + 60,
        "jti": "one",
    } | changes
    return jws.sign(
        json.dumps(claims).encode(),
        header={"alg": "ES256"},
        sign=lambda data: jws.raw_from_der(private.sign(data, ec.ECDSA(SHA256()))),
    )


def grant(office: Office, **fields: str) -> Any:
    return office.call("POST", "/v1/token", {"grant_type": "client_credentials", **fields})


def test_a_personal_token_is_shown_once_listed_and_revoked() -> None:
    office = Office()
    token = office.token()
    made = office.call("POST", "/v1/keys", KEY, token=token)
    assert made.status == 201
    assert made.body["token"].startswith("acme.")
    bearer = made.body["token"]
    me = office.call("GET", "/v1/me", token=bearer).body
    assert me["scopes"] == ["transfers:write"]
    assert me["kind"] == "member"
    listed = office.call("GET", "/v1/keys", token=token).body["items"]
    assert [(one["id"], one["name"], "token" in one) for one in listed] == [(made.body["id"], "nightly", False)]
    assert listed[0]["last_used_at"] == "2026-01-01T00:00:00.000Z"
    assert office.call("DELETE", f"/v1/keys/{made.body['id']}", token=token).status == 204
    assert office.call("GET", "/v1/me", token=bearer).status == 401
    assert office.call("DELETE", f"/v1/keys/{made.body['id']}", token=token).status == 404


def test_a_personal_token_makes_no_tokens_and_administers_nothing() -> None:
    office = Office()
    bearer = office.call("POST", "/v1/keys", KEY, token=office.token()).body["token"]
    for method, path, body in (
        ("POST", "/v1/keys", KEY),
        ("POST", "/v1/password", {"current": office.password, "new": "four unrelated words here"}),
        ("GET", "/v1/members", None),
        ("POST", "/v1/totp", None),
        ("POST", "/v1/device/approve", {"user_code": "BCDFGHJK", "approve": True}),
    ):
        answer = office.call(method, path, body, token=bearer)
        assert (answer.status, answer.code) == (403, "scope_missing"), path


def test_a_personal_token_ends_and_keeps_to_its_networks() -> None:
    office = Office()
    body = KEY | {"expires_at": "2026-01-01T01:00:00Z", "networks": ["203.0.113.0/24", "2001:db8::/32"]}
    bearer = office.call("POST", "/v1/keys", body, token=office.token()).body["token"]
    assert office.call("GET", "/v1/me", token=bearer).status == 200
    assert office.call("GET", "/v1/me", token=bearer, ip="2001:db8::1").status == 200
    assert office.call("GET", "/v1/me", token=bearer, ip="198.51.100.1").code == "network_not_allowed"
    office.ctx.clock.advance(3_600_000)
    assert office.call("GET", "/v1/me", token=bearer).status == 401


def test_bad_keys_are_refused_and_nothing_is_made() -> None:
    office = Office()
    token = office.token()
    for change, code in (
        ({"scopes": []}, "scope_unknown"),
        ({"scopes": ["everything"]}, "request_invalid"),
        ({"expires_at": "yesterday"}, "time_invalid"),
        ({"expires_at": "2025-12-31T23:59:59Z"}, "expiry_past"),
        ({"expires_at": "2030-01-01T00:00:00Z"}, "expiry_too_far"),
        ({"networks": ["office"]}, "network_invalid"),
        ({"name": "\x07"}, "name_wrong"),
        ({"colour": "red"}, "request_invalid"),
    ):
        assert office.call("POST", "/v1/keys", KEY | change, token=token).code == code
    assert office.call("GET", "/v1/keys", token=token).body == {"items": []}


def test_a_repeated_request_gets_the_same_token_and_another_body_none() -> None:
    office = Office()
    token, headers = office.token(), {"idempotency-key": "k1"}
    one = office.call("POST", "/v1/keys", KEY, token=token, headers=headers)
    two = office.call("POST", "/v1/keys", KEY, token=token, headers=headers)
    assert one.body["token"] == two.body["token"]
    assert one.body["id"] == two.body["id"]
    other = office.call("POST", "/v1/keys", KEY | {"name": "other"}, token=token, headers=headers)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert len(office.call("GET", "/v1/keys", token=token).body["items"]) == 1


def test_a_token_that_administers_hands_out_no_right_that_it_lacks() -> None:
    office = Office()
    person = office.token()
    narrow = office.call("POST", "/v1/keys", {"name": "ci", "scopes": ["admin"]}, token=person).body["token"]
    before = len(office.ctx.records.rows)
    wider = office.call("POST", "/v1/service-accounts", {**KEY, "scopes": ["admin", "transfers:read"]}, token=narrow)
    assert (wider.status, wider.code) == (403, "scope_missing")
    assert len(office.ctx.records.rows) == before
    made = office.call("POST", "/v1/service-accounts", {**KEY, "scopes": ["admin"]}, token=narrow)
    assert (made.status, made.body["scopes"]) == (201, ["admin"])
    body = {"email": "jiro@example.com", "name": "Jiro", "roles": ["admin"]}
    invited = office.call("POST", "/v1/members", body, token=narrow)
    assert invited.status == 201
    assert "invitation_token" not in invited.body


def test_a_service_account_signs_in_with_its_secret() -> None:
    office = Office()
    token = office.token()
    account = office.call("POST", "/v1/service-accounts", KEY, token=token).body
    tokens = grant(office, client_id=account["client_id"], client_secret=account["client_secret"])
    assert tokens.status == 200
    assert "refresh_token" not in tokens.body
    me = office.call("GET", "/v1/me", token=tokens.body["access_token"]).body
    assert me["kind"] == "service"
    assert me["id"] == account["id"]
    assert me["roles"] == ["member"]
    assert grant(office, client_id=account["client_id"], client_secret="wrong").code == "client_invalid"
    assert grant(office, client_id="acme.sa_none", client_secret="wrong").code == "client_invalid"
    assert grant(office).code == "client_invalid"
    wide = grant(office, client_id=account["client_id"], client_secret=account["client_secret"], scope="admin")
    assert wide.code == "scope_missing"
    assert office.call("DELETE", f"/v1/service-accounts/{account['id']}", token=token).status == 204
    assert office.call("GET", "/v1/me", token=tokens.body["access_token"]).status == 401
    assert office.call("GET", "/v1/service-accounts", token=token).body == {"items": []}


def test_a_service_account_signs_in_with_an_assertion_once() -> None:
    office = Office()
    private = ec.generate_private_key(ec.SECP256R1())
    body = KEY | {"public_jwk": jws.public_jwk(private.public_key())}
    account = office.call("POST", "/v1/service-accounts", body, token=office.token()).body
    assert "client_secret" not in account
    good = assertion(office, account, private)
    assert grant(office, client_assertion=good).status == 200
    assert grant(office, client_assertion=good).code == "client_invalid"
    now = office.ctx.clock.now_ms() // 1000
    for change in (
        {"aud": "https://other.example"},
        {"exp": now},
        {"exp": now + 3_600},
        {"sub": "acme.sa_other"},
        {"jti": 7},
    ):
        wrong = assertion(office, account, private, **({"jti": "two"} | change))
        assert grant(office, client_id=account["client_id"], client_assertion=wrong).code == "client_invalid"
    stranger = assertion(office, account, ec.generate_private_key(ec.SECP256R1()), jti="three")
    assert grant(office, client_assertion=stranger).code == "client_invalid"


def test_a_private_key_is_no_public_key() -> None:
    office = Office()
    body = KEY | {"public_jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}}
    assert office.call("POST", "/v1/service-accounts", body, token=office.token()).code == "jwk_invalid"


def test_access_tokens_hold_under_the_published_keys() -> None:
    office = Office()
    token = office.token()
    keys = office.call("GET", "/.well-known/jwks.json").body["keys"]
    verified = jws.verify(token, keys={key["kid"]: key for key in keys})
    claims = verified.claims()
    assert verified.header["typ"] == "at+jwt"
    assert claims["iss"] == office.tenant.base_url
    assert claims["tenant"] == "acme"
    assert claims["scope"] == "*"
    assert claims["exp"] - claims["iat"] == 900
    assert set(keys[0]) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    office.ctx.keys.rotate("access")
    assert office.call("GET", "/v1/me", token=token).status == 200
    assert office.call("GET", "/v1/me", token=office.token()).status == 200
