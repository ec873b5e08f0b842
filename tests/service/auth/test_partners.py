"""Partners: who may vouch for whom, from the admin's word to the guest's session."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.ports.identity import VerifiedIdentity
from tests.service.auth.office import GUEST, Answer, Office

PARTNER = {
    "name": "Example KK",
    "issuer": "https://login.example.com",
    "client_id": "fumibako",
    "client_secret": "a secret of ours",
    "domains": ["Example.com"],
}


def with_partner(**more: Any) -> tuple[Office, Answer]:
    office = Office()
    added = office.call("POST", "/v1/partners", {**PARTNER, **more}, token=office.token())
    assert added.status == 201, added.body
    return office, added


def begun(office: Office, link: str) -> tuple[str, str]:
    """The state and the browser's cookie."""
    answer = office.call("POST", "/v1/links/sso", {"token": link})
    assert answer.status == 200, answer.body
    [state] = parse_qs(urlsplit(answer.body["url"]).query)["state"]
    assert "SameSite=Lax" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    return state, answer.headers["set-cookie"].partition(";")[0]


def back(office: Office, state: str, cookie: str, code: str = "c") -> Answer:
    return office.call("GET", f"/v1/links/sso/callback?code={code}&state={state}", headers={"cookie": cookie})


def person(office: Office, email: str = GUEST, *, verified: bool | None = True) -> None:
    office.ctx.identity.people["c"] = VerifiedIdentity("sub", email, verified)


def test_an_admin_names_a_partner_and_the_secret_is_never_shown_again() -> None:
    office, added = with_partner()
    assert added.body["domains"] == ["example.com"]
    assert added.body["redirect_uri"] == "https://files.example.co.jp/auth/v1/links/sso/callback"
    token = office.token()
    listed = office.call("GET", "/v1/partners", token=token)
    assert [one["id"] for one in listed.body["items"]] == [added.body["id"]]
    assert str(PARTNER["client_secret"]) not in str(listed.body) + str(added.body)
    assert all(str(PARTNER["client_secret"]) not in row.text for row in office.ctx.records.rows.values())
    again = office.call("POST", "/v1/partners", {**PARTNER, "issuer": "https://other.example"}, token=token)
    assert (again.status, again.code) == (409, "domain_taken")
    assert office.call("DELETE", f"/v1/partners/{added.body['id']}", token=token).status == 204
    assert office.call("POST", "/v1/partners", PARTNER, token=token).status == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"domains": ["nowhere"]}, "domain_invalid"),
        ({"issuer": "ftp://login.example.com"}, "issuer_invalid"),
        ({"issuer": "http://login.example.com"}, "issuer_invalid"),
        ({"issuer": "https://login.example.com/?x=1"}, "issuer_invalid"),
        ({"issuer": "https://user@login.example.com"}, "issuer_invalid"),
        ({"name": " "}, "name_wrong"),
    ],
)
def test_a_partner_that_can_not_be_is_refused_and_nothing_is_written(change: dict[str, Any], code: str) -> None:
    office = Office()
    token = office.token()
    assert office.call("POST", "/v1/partners", {**PARTNER, **change}, token=token).code == code
    assert office.call("GET", "/v1/partners", token=token).body["items"] == []


def test_a_guest_signs_in_at_the_own_company_and_is_who_the_link_was_made_for() -> None:
    office, _ = with_partner()
    head = office.transfer()
    link = office.link(head)
    assert office.call("POST", "/v1/links/look", {"token": link}).body["sso"] == {
        "name": "Example KK",
        "required": False,
    }
    state, cookie = begun(office, link)
    [asked] = office.ctx.identity.asked
    assert asked.login_hint == GUEST
    assert office.ctx.identity.clients[0].client_secret == PARTNER["client_secret"]
    person(office)
    came = back(office, state, cookie)
    assert (came.status, came.headers["location"]) == (303, "/l?sso=done")
    kept = came.headers["set-cookie"].partition(";")[0]
    renewed = office.call("POST", "/v1/token", {"grant_type": "refresh_token", "link": link}, headers={"cookie": kept})
    assert (renewed.status, renewed.body["subject"]) == (200, head.id)
    [verified] = [one for one in office.ctx.records.outbox if one.type == "guest.verified.v1"]
    assert verified.data["proof"] == "sso"
    for text in (row.text for row in office.ctx.records.rows.values()):
        assert state not in text
        assert asked.nonce not in text
        assert asked.code_verifier not in text


@pytest.mark.parametrize(
    ("email", "verified"),
    [
        ("jiro@example.com", True),
        ("taro@elsewhere.example", True),
        (GUEST, False),
        ("", True),
    ],
)
def test_somebody_else_proves_nothing(email: str, verified: bool) -> None:  # a row of the table
    office, _ = with_partner()
    state, cookie = begun(office, office.link(office.transfer()))
    person(office, email, verified=verified)
    came = back(office, state, cookie)
    assert (came.status, came.headers["location"]) == (303, "/l?sso=identity_refused")
    assert "set-cookie" not in came.headers


def test_a_state_is_good_once_for_one_browser_and_ten_minutes() -> None:
    office, _ = with_partner()
    link = office.link(office.transfer())
    state, cookie = begun(office, link)
    person(office)
    assert back(office, state, "fumibako_sign_in=another").headers["location"] == "/l?sso=sso_over"
    assert back(office, state, cookie).headers["location"] == "/l?sso=done"
    person(office)
    assert back(office, state, cookie).headers["location"] == "/l?sso=sso_over"
    state, cookie = begun(office, link)
    office.ctx.clock.advance(10 * 60_000)
    assert back(office, state, cookie).headers["location"] == "/l?sso=sso_over"
    for guess in ("", "x", "acme." + "A" * 27, "nobody." + "A" * 27):
        assert back(office, guess, cookie).headers["location"] == "/l?sso=sso_over"


def test_a_code_of_another_service_is_carried_nowhere() -> None:
    office, _ = with_partner()
    state, cookie = begun(office, office.link(office.transfer()))
    person(office)
    mixed_up = office.call(
        "GET",
        f"/v1/links/sso/callback?code=c&state={state}&iss=https%3A%2F%2Fevil.example",
        headers={"cookie": cookie},
    )
    assert mixed_up.headers["location"] == "/l?sso=identity_refused"
    assert "c" in office.ctx.identity.people


def test_a_partner_that_says_no_or_nothing_leads_back_to_the_page() -> None:
    office, _ = with_partner()
    link = office.link(office.transfer())
    state, cookie = begun(office, link)
    denied = office.call("GET", f"/v1/links/sso/callback?error=access_denied&state={state}", headers={"cookie": cookie})
    assert denied.headers["location"] == "/l?sso=identity_refused"
    office.ctx.identity.away = True
    assert back(office, state, cookie).headers["location"] == "/l?sso=store_away"
    assert office.call("POST", "/v1/links/sso", {"token": link}).status == 503


def test_a_required_partner_leaves_no_code_beside_it() -> None:
    office, _ = with_partner(required=True)
    link = office.link(office.transfer())
    assert office.call("POST", "/v1/links/challenge", {"token": link}).code == "proof_other"
    assert office.call("POST", "/v1/links/look", {"token": link}).body["sso"]["required"] is True


def test_a_link_for_another_domain_knows_no_partner() -> None:
    office, _ = with_partner(domains=["partner.example"])
    link = office.link(office.transfer())
    assert "sso" not in office.call("POST", "/v1/links/look", {"token": link}).body
    assert office.call("POST", "/v1/links/sso", {"token": link}).code == "proof_other"


def test_a_link_that_ended_meanwhile_lets_nobody_in() -> None:
    office, _ = with_partner()
    link = office.link(office.transfer(days=1))
    office.ctx.clock.advance(24 * 3_600_000 - 60_000)
    state, cookie = begun(office, link)
    office.ctx.clock.advance(120_000)
    person(office)
    assert back(office, state, cookie).headers["location"] == "/l?sso=gone"


def test_only_admins_speak_of_partners() -> None:
    office, added = with_partner()
    guest = office.guest(office.link(office.transfer()))["access_token"]
    assert office.call("GET", "/v1/partners", token=guest).status == 404
    assert office.call("POST", "/v1/partners", PARTNER, token=guest).status == 404
    assert office.call("DELETE", f"/v1/partners/{added.body['id']}", token=guest).status == 404
