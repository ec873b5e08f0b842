import pytest

from chalicelib.domain.blob_key import blob_key, transfer_prefix
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import PREFIXES, RESERVED, checked_id, is_id, tenant_id

BODY = "01kdv0000000000000000000a1"


@pytest.mark.parametrize("text", ["abc", "acme", "a-1", "a" * 32, "x0-y"])
def test_a_tenant_is_a_short_slug(text: str) -> None:
    assert tenant_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "ab", "a" * 33, "1ab", "-ab", "ab-", "Acme", "a_b", "a b", "acme\n", "文箱箱", *sorted(RESERVED)]
)
def test_what_is_no_tenant(text: str) -> None:
    with pytest.raises(Refused) as caught:
        tenant_id(text)
    assert caught.value.code == "tenant_invalid"
    expected = "A tenant id has 3 to 32 lower-case letters, digits or hyphens, and is no word of ours."
    assert caught.value.detail == expected


def test_an_id_has_its_prefix_and_26_characters() -> None:
    assert is_id(f"tr_{BODY}", "tr")
    assert checked_id(f"tr_{BODY}", "tr") == f"tr_{BODY}"
    assert "tr" in PREFIXES


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        f"fi_{BODY}",
        f"tr_{BODY}x",
        f"tr_{BODY[1:]}",
        f"tr_8{BODY[1:]}",
        f"tr_{BODY[:-1]}u",
        f"TR_{BODY}",
        "",
        None,
        7,
    ],
)
def test_what_is_no_id_answers_like_an_absent_one(text: object) -> None:
    assert not is_id(text, "tr")
    if isinstance(text, str):
        with pytest.raises(NotFound):
            checked_id(text, "tr")


def test_keys_in_the_store_are_made_of_checked_ids_alone() -> None:
    transfer, blob = f"tr_{BODY}", f"bl_{BODY}"
    assert transfer_prefix("acme", transfer) == f"acme/{transfer}"
    assert blob_key("acme", transfer, blob) == f"acme/{transfer}/{blob}"
    for tenant, one, other in (("..", transfer, blob), ("acme", "../x", blob), ("acme", transfer, "..")):
        with pytest.raises(Refused):
            blob_key(tenant, one, other)
    for tenant, one in (("../..", transfer), ("acme", "..")):
        with pytest.raises(Refused):
            transfer_prefix(tenant, one)
