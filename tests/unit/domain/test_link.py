from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.link import (
    TOKEN_BYTES,
    Link,
    LinkState,
    address_for,
    address_hint,
    require_link_open,
    slots_before_proof,
    split_token,
)

LINK = Link("ln_x", TenantId("acme"), "tr_x", "transfer", 0, "code", "ja")
SECRET = "abcdefghijklmnopqrstuvwxy-_"


def test_a_token_is_the_tenant_and_160_bits() -> None:
    assert TOKEN_BYTES == 20
    assert split_token(f"acme.{SECRET}") == ("acme", SECRET)
    assert split_token(f"a-1.{SECRET}") == ("a-1", SECRET)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "acme",
        f"acme.{SECRET[:-1]}",
        f"acme.{SECRET}A",
        f"acme.{SECRET}\n",
        f" acme.{SECRET}",
        f"Acme.{SECRET}",
        f"ac.{SECRET}",
        f"acme..{SECRET}",
        f"acme.{SECRET[:-1]}+",
        f"1cme.{SECRET}",
        f"acm-.{SECRET}",
    ],
)
def test_any_other_shape_is_absent(token: str) -> None:
    with pytest.raises(NotFound):
        split_token(token)


def test_a_link_is_open_until_its_own_end_or_its_closing() -> None:
    require_link_open(LINK, 10**15)
    ending = replace(LINK, expires_at=100)
    require_link_open(ending, 99)
    for link, now in ((ending, 100), (replace(LINK, state=LinkState.CLOSED), 0)):
        with pytest.raises(Refused) as refused:
            require_link_open(link, now)
        assert refused.value.code == "gone"


def test_a_bound_link_takes_its_own_address_alone() -> None:
    bound = replace(LINK, address="a@example.com", domains=("other.example",))
    assert address_for(bound, None) == "a@example.com"
    assert address_for(bound, "a@example.com") == "a@example.com"
    with pytest.raises(Refused) as refused:
        address_for(bound, "b@example.com")
    assert refused.value.code == "address_not_allowed"


def test_an_open_link_takes_addresses_of_its_domains() -> None:
    link = replace(LINK, domains=("example.com", "example.jp"))
    assert address_for(link, "a@example.jp") == "a@example.jp"
    for given, code in (
        (None, "address_needed"),
        ("a@sub.example.com", "address_not_allowed"),
        ("a@example.com@evil.example", "address_not_allowed"),
    ):
        with pytest.raises(Refused) as refused:
            address_for(link, given)
        assert refused.value.code == code
    assert address_for(LINK, "a@anywhere.example") == "a@anywhere.example"


def test_a_hint_is_known_to_its_owner_alone() -> None:
    assert address_hint("taro.yamada@example.com") == "t•••@example.com"
    assert address_hint("x@example.com") == "x•••@example.com"


def test_before_the_proof_a_slot_shows_only_what_the_proof_needs() -> None:
    whole = {"v": 1, "kind": "passphrase", "salt": "s", "m": 1, "t": 2, "p": 3, "wrapped": "w", "commitment": "c"}
    assert slots_before_proof([{"v": 1, "kind": "link", "wrapped": "w"}, whole]) == (
        {"v": 1, "kind": "passphrase", "salt": "s", "m": 1, "t": 2, "p": 3},
    )
    assert slots_before_proof([]) == ()
