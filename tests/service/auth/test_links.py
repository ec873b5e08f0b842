from chalicelib.domain.transfer import State
from chalicelib.stores.transfer_store import get_transfer, transfer_put
from chalicelib.use_cases.guests.guest_proof import hash_proof
from tests.service.auth.office import GUEST, Office

MINUTE = 60_000


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


def test_look_shows_sender_and_size_before_any_proof_and_changes_nothing() -> None:
    office = Office()
    token = office.link(office.transfer())
    rows = dict(office.ctx.records.rows)
    answer = office.call("POST", "/v1/links/look", {"token": token})
    assert answer.status == 200
    assert answer.body == {
        "kind": "transfer",
        "sender": {"name": "Hanako", "company": "Acme"},
        "class": "managed",
        "files": 3,
        "bytes": 12_345,
        "expires_at": "2026-01-08T00:00:00.000Z",
        "proof": "code",
        "state": "ready",
        "language": "ja",
        "title": "見積書",
        "address_hint": "T•••@example.com",
        "scan": "not_scanned",
    }
    changed = {key for key in office.ctx.records.rows if office.ctx.records.rows[key] != rows.get(key)}
    assert all("#rate" in key.pk for key in changed)


def test_malformed_absent_and_foreign_tokens_answer_alike() -> None:
    office = Office()
    good = office.link(office.transfer())
    bodies = []
    for token in ("x", good[:-1] + ("A" if good[-1] != "A" else "B"), "other." + good.partition(".")[2], "a" * 512):
        for route in ("look", "challenge", "verify", "more-time"):
            answer = office.call("POST", f"/v1/links/{route}", {"token": token})
            bodies.append((answer.status, answer.code, answer.body["detail"]))
    assert set(bodies) == {(404, "not_found", bodies[0][2])}


def test_a_guest_proves_the_address_and_is_who_the_link_was_made_for() -> None:
    office = Office()
    head = office.transfer()
    token = office.link(head)
    asked = office.call("POST", "/v1/links/challenge", {"token": token})
    assert asked.body["address_hint"] == "T•••@example.com"
    assert asked.body["expires_at"] == "2026-01-01T00:10:00.000Z"
    mail = office.mailed("challenge.issued.v1")
    assert mail["to"] == GUEST
    assert mail["minutes"] == 10
    assert len(mail["code"]) == 8
    assert mail["code"].isdigit()
    assert mail["sender"] == {"name": "Hanako", "company": "Acme"}
    assert mail["name"] == "太郎"
    answer = office.call(
        "POST", "/v1/links/verify", {"token": token, "challenge": asked.body["challenge"], "code": mail["code"]}
    )
    assert answer.status == 200
    assert answer.body["subject"] == head.id
    me = office.call("GET", "/v1/me", token=answer.body["access_token"])
    assert me.body["kind"] == "guest"
    assert me.body["id"] == answer.body["recipient"]
    assert me.body["link"]["subject"] == head.id
    assert me.body["roles"] == []


def test_a_code_is_good_once() -> None:
    office = Office()
    token = office.link(office.transfer())
    asked = office.call("POST", "/v1/links/challenge", {"token": token}).body
    body = {"token": token, "challenge": asked["challenge"], "code": office.mailed("challenge.issued.v1")["code"]}
    assert office.call("POST", "/v1/links/verify", body).status == 200
    again = office.call("POST", "/v1/links/verify", body)
    assert (again.status, again.code) == (401, "code_spent")


def test_five_wrong_codes_spend_the_challenge_even_for_the_right_code() -> None:
    office = Office()
    token = office.link(office.transfer())
    asked = office.call("POST", "/v1/links/challenge", {"token": token}).body
    right = office.mailed("challenge.issued.v1")["code"]
    body = {"token": token, "challenge": asked["challenge"], "code": other(right)}
    answers = [office.call("POST", "/v1/links/verify", body) for _ in range(5)]
    assert [one.code for one in answers] == ["code_wrong"] * 4 + ["code_spent"]
    assert [one.body["detail"][-2] for one in answers[:4]] == ["4", "3", "2", "1"]
    assert office.call("POST", "/v1/links/verify", body | {"code": right}).code == "code_spent"
    assert [one.type for one in office.ctx.records.outbox].count("guest.refused.v1") == 4


def test_another_browsers_challenge_is_worth_nothing_and_costs_no_try() -> None:
    office = Office()
    token = office.link(office.transfer())
    asked = office.call("POST", "/v1/links/challenge", {"token": token}).body["challenge"]
    code = office.mailed("challenge.issued.v1")["code"]
    stolen = asked.partition(".")[0]
    for challenge in (stolen, f"{stolen}.AAAAAAAAAAAAAAAAAAAAAA"):
        for _ in range(6):
            body = {"token": token, "challenge": challenge, "code": code}
            assert office.call("POST", "/v1/links/verify", body).code == "code_spent"
    assert office.call("POST", "/v1/links/verify", {"token": token, "challenge": asked, "code": code}).status == 200


def test_the_last_two_codes_are_valid_and_no_older_one() -> None:
    office = Office()
    token = office.link(office.transfer())
    asked = []
    for _ in range(3):
        challenge = office.call("POST", "/v1/links/challenge", {"token": token}).body["challenge"]
        asked.append((challenge, office.mailed("challenge.issued.v1")["code"]))
    results = [
        office.call("POST", "/v1/links/verify", {"token": token, "challenge": challenge, "code": code}).status
        for challenge, code in asked
    ]
    assert results == [401, 200, 200]


def test_a_code_ends_after_ten_minutes() -> None:
    office = Office()
    token = office.link(office.transfer())
    asked = office.call("POST", "/v1/links/challenge", {"token": token}).body["challenge"]
    body = {"token": token, "challenge": asked, "code": office.mailed("challenge.issued.v1")["code"]}
    office.ctx.clock.advance(10 * MINUTE)
    assert office.call("POST", "/v1/links/verify", body).code == "code_spent"


def test_ten_codes_a_day_and_ten_more_tomorrow() -> None:
    office = Office()
    token = office.link(office.transfer())
    answers = [office.call("POST", "/v1/links/challenge", {"token": token}) for _ in range(11)]
    assert [one.status for one in answers] == [200] * 10 + [429]
    assert answers[-1].headers["retry-after"] == str(24 * 3600)
    office.ctx.clock.advance(24 * 60 * MINUTE)
    assert office.call("POST", "/v1/links/challenge", {"token": token}).status == 200


def test_a_code_of_one_link_opens_no_other() -> None:
    office = Office()
    first, second = office.link(office.transfer()), office.link(office.transfer())
    asked = office.call("POST", "/v1/links/challenge", {"token": first}).body["challenge"]
    body = {"token": second, "challenge": asked, "code": office.mailed("challenge.issued.v1")["code"]}
    assert office.call("POST", "/v1/links/verify", body).code == "code_spent"


def test_an_expired_or_recalled_transfer_is_gone_on_every_route_of_its_link() -> None:
    for ends in ("expiry", "recall"):
        office = Office()
        head = office.transfer(days=1)
        token = office.link(head)
        guest = office.guest(token)
        if ends == "expiry":
            office.ctx.clock.advance(head.expires_at - office.ctx.clock.now_ms())
        else:
            closed = get_transfer(office.ctx.records, "acme", head.id)
            office.ctx.records.transact([transfer_put(type(closed)(**{**closed.__dict__, "state": State.CLOSED}))])
        for route in ("look", "challenge", "verify", "more-time"):
            assert office.call("POST", f"/v1/links/{route}", {"token": token}).code == "gone"
        body = {"grant_type": "refresh_token", "refresh_token": guest["refresh_token"]}
        assert office.call("POST", "/v1/token", body).code == ("gone" if ends == "recall" else "token_invalid")


def test_a_link_only_transfer_needs_no_code() -> None:
    office = Office()
    token = office.link(office.transfer(proof="link"))
    assert office.call("POST", "/v1/links/challenge", {"token": token}).code == "proof_other"
    assert office.call("POST", "/v1/links/verify", {"token": token}).status == 200


def test_a_passphrase_is_proved_without_being_sent_and_guessing_is_slowed_down() -> None:
    office = Office()
    stored = hash_proof(office.ctx, "proof-of-the-passphrase")
    token = office.link(office.transfer(proof="passphrase"), passphrase_auth_hash=stored)
    assert office.call("POST", "/v1/links/verify", {"token": token}).code == "proof_needed"
    wrong = [
        office.call("POST", "/v1/links/verify", {"token": token, "passphrase_auth": "wrong"}).code for _ in range(7)
    ]
    assert wrong == ["passphrase_wrong"] * 5 + ["too_many_attempts"] * 2
    office.ctx.clock.advance(5_000)
    right = office.call("POST", "/v1/links/verify", {"token": token, "passphrase_auth": "proof-of-the-passphrase"})
    assert right.status == 200


def test_a_link_open_to_a_domain_takes_addresses_of_it_and_knows_a_person_again() -> None:
    office = Office()
    token = office.link(office.transfer(), recipient=None, address=None, domains=("example.com",))
    ask = {"token": token}
    assert office.call("POST", "/v1/links/challenge", ask).code == "address_needed"
    assert office.call("POST", "/v1/links/challenge", ask | {"address": "no address"}).code == "address_invalid"
    assert office.call("POST", "/v1/links/challenge", ask | {"address": "a@evil.com"}).code == "address_not_allowed"
    recipients = []
    for address in ("a@Example.com", "A@example.com", "b@example.com"):
        asked = office.call("POST", "/v1/links/challenge", ask | {"address": address}).body["challenge"]
        mail = office.mailed("challenge.issued.v1")
        body = {"token": token, "challenge": asked, "code": mail["code"]}
        recipients.append(office.call("POST", "/v1/links/verify", body).body["recipient"])
    assert recipients[0] == recipients[1] != recipients[2]


def test_a_bound_link_mails_nobody_else() -> None:
    office = Office()
    token = office.link(office.transfer())
    answer = office.call("POST", "/v1/links/challenge", {"token": token, "address": "mallory@example.com"})
    assert answer.code == "address_not_allowed"


def test_more_time_mails_the_sender_once_an_hour() -> None:
    office = Office()
    token = office.link(office.transfer())
    for _ in range(3):
        assert office.call("POST", "/v1/links/more-time", {"token": token}).status == 202
    assert [one.type for one in office.ctx.records.outbox].count("more_time.asked.v1") == 1
    mail = office.mailed("more_time.asked.v1")
    assert mail["to"] == "admin@example.co.jp"
    assert mail["who"] == "太郎"
    office.ctx.clock.advance(60 * MINUTE)
    office.call("POST", "/v1/links/more-time", {"token": token})
    assert [one.type for one in office.ctx.records.outbox].count("more_time.asked.v1") == 2


def test_a_guests_session_lives_while_it_is_used_and_dies_when_idle() -> None:
    office = Office()
    tokens = office.guest(office.link(office.transfer()))
    for _ in range(5):
        office.ctx.clock.advance(50 * MINUTE)
        body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        tokens = office.call("POST", "/v1/token", body).body
        assert office.call("GET", "/v1/me", token=tokens["access_token"]).status == 200
    office.ctx.clock.advance(60 * MINUTE)
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert office.call("POST", "/v1/token", body).code == "token_invalid"


def test_no_code_token_or_address_stands_in_the_open_part_of_an_event() -> None:
    office = Office()
    token = office.link(office.transfer())
    tokens = office.guest(token)
    code = office.mailed("challenge.issued.v1")["code"]
    for event in office.ctx.records.outbox:
        text = repr(event.data)
        for secret in (token, code, GUEST, tokens["access_token"], tokens["refresh_token"]):
            assert secret not in text
    for key, row in office.ctx.records.rows.items():
        for secret in (token, code, tokens["refresh_token"]):
            assert secret not in repr(key)
            assert secret not in row.text


def test_guests_have_no_routes_of_members() -> None:
    office = Office()
    token = office.guest(office.link(office.transfer()))["access_token"]
    for method, path, body in (
        ("GET", "/v1/members", None),
        ("GET", "/v1/keys", None),
        ("GET", "/v1/tenant", None),
        ("POST", "/v1/password", {"current": "x", "new": "y"}),
        ("POST", "/v1/totp", None),
    ):
        assert office.call(method, path, body, token=token).code == "not_found"
