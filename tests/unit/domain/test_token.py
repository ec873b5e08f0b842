from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.session import SCOPES, Client, Session
from chalicelib.domain.token import (
    MAX_TOKEN_LIFE_MS,
    ServiceAccount,
    access_claims,
    checked_expiry,
    checked_networks,
    checked_scopes,
    require_claims,
    token_invalid,
)

NOW = 1_000_000_500
ISSUER = "https://files.example"
SESSION = Session(
    "se_x", TenantId("acme"), "member", "mb_x", Client.CLI, NOW, NOW, NOW + 90 * 86_400_000, scopes=("a", "b")
)


def claims_of(session: Session = SESSION) -> dict[str, Any]:
    """Made inside each test, never at import: a mutant is only seen by what runs after it was put in."""
    return access_claims(session, issuer=ISSUER, jti="j", roles=frozenset({"member", "admin"}), now=NOW)


def code_of(refused: pytest.ExceptionInfo[Refused]) -> tuple[str, list[str]]:
    return refused.value.code, [one.pointer for one in refused.value.errors]


def test_the_claims_of_a_member() -> None:
    assert claims_of() == {
        "iss": ISSUER,
        "sub": "mb_x",
        "aud": "fumibako",
        "client_id": "cli",
        "iat": 1_000_000,
        "exp": 1_000_900,
        "jti": "j",
        "sid": "se_x",
        "tenant": "acme",
        "roles": ["admin", "member"],
        "scope": "a b",
        "channel": "public",
    }


def test_a_guests_claims_name_the_link_and_never_outlive_the_session() -> None:
    guest = replace(SESSION, link="ln_x", link_subject="tr_x", expires_at=NOW + 60_000)
    claims = access_claims(guest, issuer=ISSUER, jti="j", roles=frozenset(), now=NOW)
    assert (claims["link"], claims["link_subject"], claims["exp"]) == ("ln_x", "tr_x", 1_000_060)


def test_good_claims_hold_to_the_last_second() -> None:
    require_claims(claims_of(), issuer=ISSUER, now=1_000_899_999)
    require_claims(claims_of(), issuer=ISSUER, now=999_995_000)


@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({}, 1_000_900_000),
        ({}, 999_994_999),
        ({"iss": "https://other.example"}, NOW),
        ({"aud": "other"}, NOW),
        ({"exp": "1000900"}, NOW),
        ({"exp": True}, NOW),
        ({"iat": None}, NOW),
        ({"iat": False}, NOW),
    ],
)
def test_other_claims_let_nobody_in(changes: dict[str, Any], now: int) -> None:
    with pytest.raises(Refused) as refused:
        require_claims(claims_of() | changes, issuer=ISSUER, now=now)
    assert refused.value.code == "token_invalid"


def test_every_wrong_token_is_refused_alike() -> None:
    assert token_invalid().code == "token_invalid"
    assert token_invalid().detail == "This token is not valid, or is not valid any more."


def test_scopes_are_known_sorted_and_at_least_one() -> None:
    assert checked_scopes(("transfers:write", "admin", "admin")) == ("admin", "transfers:write")
    assert checked_scopes(SCOPES) == tuple(sorted(SCOPES))
    for scopes in ((), ("admin", "*"), ("read",)):
        with pytest.raises(Refused) as refused:
            checked_scopes(scopes)
        assert code_of(refused) == ("scope_unknown", ["/scopes"])


def test_networks_are_cidr_and_at_most_twenty() -> None:
    assert checked_networks(("203.0.113.0/24", "2001:DB8::/32")) == ("203.0.113.0/24", "2001:db8::/32")
    assert len(checked_networks(("192.0.2.1",) * 20)) == 20
    for networks in (("192.0.2.1",) * 21, ("192.0.2.1/24",), ("office",)):
        with pytest.raises(Refused) as refused:
            checked_networks(networks)
        assert code_of(refused) == ("network_invalid", ["/networks"])


def test_a_token_ends_within_a_year() -> None:
    assert MAX_TOKEN_LIFE_MS == 366 * 86_400_000
    assert checked_expiry(None, NOW) == NOW + MAX_TOKEN_LIFE_MS
    assert checked_expiry(NOW + 1, NOW) == NOW + 1
    assert checked_expiry(NOW + MAX_TOKEN_LIFE_MS, NOW) == NOW + MAX_TOKEN_LIFE_MS
    for expires_at, code in ((NOW, "expiry_past"), (NOW + MAX_TOKEN_LIFE_MS + 1, "expiry_too_far")):
        with pytest.raises(Refused) as refused:
            checked_expiry(expires_at, NOW)
        assert code_of(refused) == (code, ["/expires_at"])


def test_a_service_accounts_roles_come_from_its_scopes() -> None:
    plain = ServiceAccount("sa_x", TenantId("acme"), "n", ("transfers:write",), (), NOW, "mb_x")
    assert plain.client_id == "acme.sa_x"
    assert plain.roles == {"member"}
    assert replace(plain, scopes=("admin",)).roles == {"member", "admin"}
    assert replace(plain, scopes=("audit:read", "admin")).roles == {"member", "admin", "auditor"}
