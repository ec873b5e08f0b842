"""Lists, search, suggestions and domains through the real app; the worker's part is called as its handler calls it."""

from typing import Any
from urllib.parse import quote

from chalicelib.use_cases.clearing.on_transfer_event import on_transfer_event
from tests.service.auth.test_members import joined
from tests.service.transfers.desk import Desk

CONTENT = {"見積書_2026.pdf": b"hello"}


def sent(desk: Desk, *emails: str, **fields: Any) -> str:
    people = [{"email": one, "name": "外 太郎"} for one in emails]
    made = desk.create(CONTENT, recipients=people, hold_minutes=0, **fields).body
    assert desk.send_files(made, CONTENT).status == 200
    assert desk.call("POST", f"/v1/transfers/{made['id']}/complete", {}).status == 202
    work(desk)
    return str(made["id"])


def work(desk: Desk) -> None:
    records = desk.office.ctx.records
    while records.outbox:
        events = list(records.outbox)
        records.outbox.clear()
        for event in events:
            on_transfer_event(desk.office.ctx, event)


def found(desk: Desk, query: str) -> list[str]:
    answer = desk.call("GET", f"/v1/transfers?{query}")
    assert answer.status == 200, answer.body
    return [one["id"] for one in answer.body["items"]]


def test_a_list_is_narrowed_and_searched() -> None:
    desk = Desk()
    one = sent(desk, "soto@partner.example", title="Offer")
    two = desk.create({"b.txt": b"b"}, title="Draft").body["id"]
    assert found(desk, "state=ready") == found(desk, f"q={quote('見積')}") == found(desk, "q=offer%20partner") == [one]
    assert found(desk, "state=ready,uploading&class=managed") == found(desk, "q=") == [two, one]
    assert found(desk, "class=plain") == found(desk, "q=offer&state=held") == []
    assert found(desk, "recipient=soto@partner.example") == found(desk, f"q={one}") == [one]
    first = desk.call("GET", "/v1/transfers?limit=1").body
    assert found(desk, f"limit=1&cursor={first['next']}") == [one]


def test_what_is_not_understood_is_said() -> None:
    desk = Desk()
    for query, code in (
        ("state=ready,attic", "query_invalid"),
        ("state=", "query_invalid"),
        ("class=secret", "query_invalid"),
        (f"q={'x' * 201}", "query_invalid"),
        ("cursor=nonsense", "cursor_invalid"),
    ):
        assert desk.call("GET", f"/v1/transfers?{query}").code == code, query


def test_addresses_are_suggested_and_forgotten() -> None:
    desk = Desk()
    sent(desk, "soto@partner.example")
    (one,) = desk.call("GET", f"/v1/addresses?prefix={quote('太')}").body["items"]
    assert (one["email"], one["name"], set(one)) == (
        "soto@partner.example",
        "外 太郎",
        {"id", "email", "name", "last_used_at"},
    )
    assert desk.call("GET", "/v1/addresses?prefix=x").body == {"items": []}
    assert desk.call("DELETE", f"/v1/addresses/{one['id']}").status == 204
    assert desk.call("DELETE", f"/v1/addresses/{one['id']}").code == "not_found"
    assert desk.call("GET", "/v1/addresses").body == {"items": []}


def test_a_removed_member_takes_the_address_book_along() -> None:
    desk = Desk()
    admin = desk.token
    member, desk.token = joined(desk.office, admin)
    sent(desk, "soto@partner.example")
    assert [one["email"] for one in desk.call("GET", "/v1/addresses").body["items"]] == ["soto@partner.example"]
    path = f"/v1/members/{member['id']}"
    assert desk.office.call("DELETE", path, token=admin).status == 204
    work(desk)
    rows = desk.office.ctx.records.rows
    assert not [key for key in rows if key.pk.startswith((f"acme#book#{member['id']}", f"acme#domains#{member['id']}"))]
    assert desk.office.call("DELETE", path, token=admin).code == "not_found"


def test_domains_are_told_before_sending() -> None:
    desk = Desk()
    for _ in range(2):
        sent(desk, "soto@partner.example")
        desk.office.ctx.clock.advance(24 * 3_600_000)
        desk.token = desk.office.token()
    answer = desk.call(
        "POST", "/v1/addresses/check", {"emails": ["a@partmer.example", "b@xn--80ak6aa92e.com", "c@gmail.com"]}
    )
    assert answer.body["domains"] == [
        {
            "domain": "partmer.example",
            "recipients": 1,
            "first_time": True,
            "first_time_for_you": True,
            "free_mail": False,
            "internal": False,
            "looks_like": "partner.example",
            "reason": "one_letter",
        },
        {
            "domain": "gmail.com",
            "recipients": 1,
            "first_time": True,
            "first_time_for_you": True,
            "free_mail": True,
            "internal": False,
        },
        {
            "domain": "xn--80ak6aa92e.com",
            "recipients": 1,
            "first_time": True,
            "first_time_for_you": True,
            "free_mail": False,
            "internal": False,
            "unicode": "аррӏе.com",
        },
    ]
    wrong = desk.call("POST", "/v1/addresses/check", {"emails": ["nonsense"]})
    assert (wrong.code, wrong.body["errors"][0]["pointer"]) == ("address_invalid", "/emails/0")


def test_requests_are_listed_by_state() -> None:
    desk = Desk()
    ids = [
        desk.call("POST", "/v1/requests", {"title": f"r{n}", "expires_in_minutes": 10 + n}).body["id"] for n in range(3)
    ]
    desk.call("DELETE", f"/v1/requests/{ids[2]}")

    def listed(state: str) -> list[str]:
        return [one["id"] for one in desk.call("GET", f"/v1/requests?state={state}").body["items"]]

    assert (listed("open"), listed("closed")) == ([ids[1], ids[0]], [ids[2]])
    desk.office.ctx.clock.advance(10 * 60_000)
    assert (listed("open"), listed("closed")) == ([ids[1]], [ids[2], ids[0]])
    assert desk.call("GET", "/v1/requests?state=attic").code == "query_invalid"
