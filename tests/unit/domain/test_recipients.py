import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.recipients import (
    MAX_RECIPIENTS,
    NAME_CHARACTERS,
    RECIPIENTS_A_PAGE,
    RecipientState,
    address_hash,
    checked_address,
    checked_domain,
    same_address_key,
)

LABEL = "a" * 63
LONG_DOMAIN = ".".join([LABEL, LABEL, LABEL, "a" * 61])  # 253 characters


def test_limits_are_those_of_the_product() -> None:
    assert (MAX_RECIPIENTS, RECIPIENTS_A_PAGE, NAME_CHARACTERS) == (500, 250, 200)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("taro@example.com", "taro@example.com"),
        ("Taro.Yamada+x@EXAMPLE.Co.JP", "Taro.Yamada+x@example.co.jp"),
        ("!#$%&'*+/=?^_`{|}~-@x.y", "!#$%&'*+/=?^_`{|}~-@x.y"),
        ("0@1.a1", "0@1.a1"),
        ("a@xn--wgv71a.jp", "a@xn--wgv71a.jp"),
        ("l" * 64 + "@example.com", "l" * 64 + "@example.com"),
        (f"{'l' * 57}@{LABEL}.{LABEL}.{LABEL}.jp", f"{'l' * 57}@{LABEL}.{LABEL}.{LABEL}.jp"),
    ],
)
def test_addresses_are_kept_with_a_lower_case_domain(given: str, kept: str) -> None:
    assert checked_address(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "@",
        "taro",
        "@example.com",
        "taro@",
        "taro@localhost",
        "taro@example..com",
        "taro@.example.com",
        "taro@example.com.",
        "taro@-example.com",
        "taro@example-.com",
        f"taro@{'a' * 64}.com",
        "taro@127.0.0.1",
        "taro@exam_ple.com",
        "taro@例え.jp",
        ".taro@example.com",
        "taro.@example.com",
        "ta..ro@example.com",
        "ta ro@example.com",
        "ta@ro@example.com",
        "太郎@example.com",
        '"taro"@example.com',
        "taro@example.com\n",
        "taro\n@example.com",
        "l" * 65 + "@example.com",
        f"a@{LONG_DOMAIN}",
        f"{'l' * 60}@{LABEL}.{LABEL}.{LABEL}.jp",
    ],
)
def test_other_texts_are_no_address(given: str) -> None:
    with pytest.raises(Refused) as caught:
        checked_address(given)
    assert (caught.value.code, caught.value.detail) == (
        "address_invalid",
        "This is not a mail address of the form name@domain.",
    )


def test_the_case_of_an_address_makes_no_other_person() -> None:
    assert same_address_key("TARO@Example.com") == same_address_key("taro@example.com")
    assert same_address_key("taro@example.com") != same_address_key("jiro@example.com")


@pytest.mark.parametrize(
    ("given", "kept"), [("Example.COM", "example.com"), ("@example.jp", "example.jp"), (LONG_DOMAIN, LONG_DOMAIN)]
)
def test_domains_are_kept_in_lower_case(given: str, kept: str) -> None:
    assert checked_domain(given) == kept


@pytest.mark.parametrize(
    "given", ["", "com", "a..b", "a@b.com", "example.com ", "1.2.3.4", "-a.com", f"a.{LONG_DOMAIN}", "x@"]
)
def test_other_texts_are_no_domain(given: str) -> None:
    with pytest.raises(Refused) as caught:
        checked_domain(given)
    assert (caught.value.code, caught.value.detail) == (
        "domain_invalid",
        "This is not a mail domain such as example.com.",
    )


def test_nothing_happened_to_a_new_recipient() -> None:
    state = RecipientState("rc_x")
    assert (state.state, state.downloads, state.exhausted_files, state.version) == ("waiting", 0, 0, 0)
    assert (state.last_download_at, state.link, state.token, state.invited_at) == (None, None, None, None)


def test_spellings_of_one_address_have_one_hash() -> None:
    assert address_hash("Taro@Example.com") == address_hash("taro@example.com") != address_hash("jiro@example.com")
    assert address_hash("taro@example.com") == "3df36ef44a86ba6433126b5899410e5cd481163a0f05fa83eef3edf60abe58ac"
