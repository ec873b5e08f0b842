"""Guests in the page: a cookie for each link; and what people may change of their own account."""

from tests.service.auth.office import Answer, Office


def proved(office: Office, token: str) -> Answer:
    asked = office.call("POST", "/v1/links/challenge", {"token": token}).body
    body = {"token": token, "challenge": asked["challenge"], "code": office.mailed("challenge.issued.v1")["code"]}
    answer = office.call("POST", "/v1/links/verify", {**body, "client": "page"})
    assert answer.status == 200, answer.body
    return answer


def pair(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def renew(office: Office, link: str, cookie: str, **headers: str) -> Answer:
    body = {"grant_type": "refresh_token", "link": link}
    return office.call("POST", "/v1/token", body, headers={"cookie": cookie, **headers})


def test_a_guests_page_gets_its_refresh_token_as_a_cookie_alone() -> None:
    office = Office()
    head = office.transfer()
    link = office.link(head)
    answer = proved(office, link)
    assert "refresh_token" not in answer.body
    for part in ("HttpOnly", "SameSite=Strict", "Path=/auth", "Secure"):
        assert part in answer.headers["set-cookie"]
    assert link.partition(".")[2] not in answer.headers["set-cookie"]
    renewed = renew(office, link, pair(answer))
    assert (renewed.status, renewed.body["subject"]) == (200, head.id)
    assert renewed.body["recipient"] == answer.body["recipient"]
    assert "refresh_token" not in renewed.body
    assert pair(renewed) != pair(answer)
    assert office.call("GET", "/v1/me", token=renewed.body["access_token"]).body["kind"] == "guest"


def test_two_links_in_one_browser_do_not_end_each_other() -> None:
    office = Office()
    first, second = (office.link(office.transfer()) for _ in range(2))
    both = "; ".join((pair(proved(office, first)), pair(proved(office, second))))
    subjects = {renew(office, link, both).body["subject"] for link in (first, second)}
    assert len(subjects) == 2


def test_one_links_cookie_is_no_way_into_another() -> None:
    office = Office()
    mine, theirs = (office.link(office.transfer()) for _ in range(2))
    value = pair(proved(office, mine)).partition("=")[2]
    name = pair(proved(office, theirs)).partition("=")[0]
    assert renew(office, theirs, f"{name}={value}").code == "token_invalid"
    assert renew(office, theirs, "").code == "token_invalid"


def test_another_sites_page_cannot_use_a_guests_cookie() -> None:
    office = Office()
    link = office.link(office.transfer())
    cookie = pair(proved(office, link))
    assert renew(office, link, cookie, origin="https://evil.example").code == "origin_not_allowed"


def test_a_stranger_asks_to_be_added_and_the_sender_is_mailed_once() -> None:
    office = Office()
    head = office.transfer()
    token = office.link(head)
    for address in ("Jiro@Example.com", "jiro@example.com"):
        assert office.call("POST", "/v1/links/add-me", {"token": token, "address": address}).status == 202
    events = [one for one in office.ctx.records.outbox if one.type == "access.asked.v1"]
    assert len(events) == 1
    assert "jiro" not in str(events[0].data).lower()
    mail = office.mailed("access.asked.v1")
    assert mail["to"] == "admin@example.co.jp"
    assert mail["who"].lower() == "jiro@example.com"
    assert mail["url"].lower().endswith(f"/transfers/{head.id}#add=jiro@example.com")
    office.ctx.clock.advance(3_600_000)
    office.call("POST", "/v1/links/add-me", {"token": token, "address": "jiro@example.com"})
    assert [one.type for one in office.ctx.records.outbox].count("access.asked.v1") == 2


def test_a_link_asks_for_ten_people_a_day_at_most() -> None:
    office = Office()
    token = office.link(office.transfer())
    for number in range(12):
        body = {"token": token, "address": f"guest{number}@example.com"}
        assert office.call("POST", "/v1/links/add-me", body).status == 202
    assert [one.type for one in office.ctx.records.outbox].count("access.asked.v1") == 10
    assert office.call("POST", "/v1/links/add-me", {"token": token, "address": "no address"}).code == "address_invalid"


def test_people_change_their_own_name_and_language() -> None:
    office = Office()
    token = office.token()
    changed = office.call("PATCH", "/v1/me", {"name": "花子", "language": "en"}, token=token)
    assert (changed.status, changed.body["name"], changed.body["language"]) == (200, "花子", "en")
    assert office.call("GET", "/v1/me", token=token).body["language"] == "en"
    assert office.call("PATCH", "/v1/me", {"name": " "}, token=token).code == "name_wrong"
    assert office.call("PATCH", "/v1/me", {"language": "fr"}, token=token).status == 422
    assert office.call("GET", "/v1/me", token=token).body["name"] == "花子"


def test_guests_have_no_account_to_change() -> None:
    office = Office()
    guest = office.guest(office.link(office.transfer()))["access_token"]
    assert office.call("PATCH", "/v1/me", {"name": "x"}, token=guest).code == "not_found"
