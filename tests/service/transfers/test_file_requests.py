from typing import Any

from tests.service.transfers.desk import Desk
from tests.service.transfers.test_lists import work

FILES = {"返信.txt": b"hello"}


def guest_of(desk: Desk, url: str, address: str | None = None) -> dict[str, Any]:
    """Prove a guest by the code mailed to them."""
    token = url.partition("#")[2]
    body = {"token": token} | ({"address": address} if address else {})
    asked = desk.office.call("POST", "/v1/links/challenge", body)
    assert asked.status == 200, asked.body
    code = desk.office.mailed("challenge.issued.v1")["code"]
    answer = desk.office.call(
        "POST", "/v1/links/verify", {"token": token, "challenge": asked.body["challenge"], "code": code}
    )
    assert answer.status == 200, answer.body
    return dict(answer.body)


def test_a_guest_fills_an_open_request() -> None:
    desk = Desk()
    asked = desk.call("POST", "/v1/requests", {"title": "書類のお願い", "domains": ["example.com"], "max_files": 2})
    assert (asked.status, asked.body["state"], asked.headers["etag"]) == (201, "open", '"1"')
    guest = guest_of(desk, asked.body["url"], "soto@example.com")
    token = guest["access_token"]
    files = [{"name": name, "size": len(content)} for name, content in FILES.items()]
    made = desk.call("POST", "/v1/transfers", {"files": files}, token=token)
    assert made.status == 201, made.body
    assert desk.send_files(made.body, FILES, token=token).status == 200
    path = f"/v1/transfers/{made.body['id']}"
    whole = desk.call("POST", f"{path}/complete", {}, token=token)
    assert (whole.status, whole.body["recipients"], "version" in whole.body) == (202, [], False)
    assert "etag" not in whole.headers
    shown = desk.call("GET", path)
    assert (shown.body["request"], shown.body["sender"]["name"]) == (asked.body["id"], "soto@example.com")
    request = desk.call("GET", f"/v1/requests/{asked.body['id']}").body
    assert (request["used_files"], request["used_bytes"], request["url"]) == (1, 5, asked.body["url"])
    over = desk.call("POST", "/v1/transfers", {"files": [{"name": n, "size": 1} for n in "ab"]}, token=token)
    assert (over.status, over.code) == (409, "request_limit")


def test_what_came_by_one_request_is_watched() -> None:
    desk = Desk()
    ids = []
    for title in ("one", "two"):
        asked = desk.call("POST", "/v1/requests", {"title": title, "domains": ["example.com"]}).body
        token = guest_of(desk, asked["url"], "soto@example.com")["access_token"]
        files = [{"name": name, "size": len(content)} for name, content in FILES.items()]
        made = desk.call("POST", "/v1/transfers", {"files": files}, token=token).body
        assert desk.send_files(made, FILES, token=token).status == 200
        assert desk.call("POST", f"/v1/transfers/{made['id']}/complete", {}, token=token).status == 202
        work(desk)
        ids.append((asked["id"], made["id"]))

    def came(query: str) -> list[str]:
        return [one["id"] for one in desk.call("GET", f"/v1/transfers?{query}").body["items"]]

    for request, transfer in ids:
        assert came(f"request={request}") == came(f"request={request}&box=received&state=ready") == [transfer]
        assert came(f"request={request}&box=all") == came(f"request={request}&q=soto") == [transfer]
        assert came(f"request={request}&box=sent") == came(f"request={request}&state=held") == []
    assert came("box=received") == [transfer for _, transfer in reversed(ids)]
    assert came("request=rq_01kdv0000000000000000000zz") == came("request=") == []


def test_guests_reach_no_route_of_members() -> None:
    desk = Desk()
    asked = desk.call("POST", "/v1/requests", {"title": "x", "recipients": [{"email": "soto@example.com"}]}).body
    assert "url" not in asked
    url = desk.office.mailed("request.created.v1")["mails"][0]["url"]
    token = guest_of(desk, url)["access_token"]
    for method, path in (("GET", "/v1/transfers"), ("GET", "/v1/requests"), ("GET", f"/v1/requests/{asked['id']}")):
        assert desk.call(method, path, token=token).status == 404
    assert desk.call("POST", "/v1/requests", {"title": "x"}, token=token).status in (403, 404)
    assert desk.call("DELETE", f"/v1/requests/{asked['id']}", token=token).status in (403, 404)


def test_closing_and_listing() -> None:
    desk = Desk()
    first = desk.call("POST", "/v1/requests", {"title": "one", "proof": "link"}, headers={"idempotency-key": "k"})
    again = desk.call("POST", "/v1/requests", {"title": "one", "proof": "link"}, headers={"idempotency-key": "k"})
    assert again.body == first.body
    closed = desk.call("DELETE", f"/v1/requests/{first.body['id']}")
    assert (closed.status, closed.body["state"], closed.body["reason"]) == (200, "closed", "closed")
    listed = desk.call("GET", "/v1/requests").body
    assert [(one["id"], one["state"]) for one in listed["items"]] == [(first.body["id"], "closed")]
    look = desk.office.call("POST", "/v1/links/look", {"token": first.body["url"].partition("#")[2]})
    assert (look.status, look.code) == (410, "gone")
