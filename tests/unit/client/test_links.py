"""Links as they are mailed and copied: in the fragment, or in the path of a plain transfer's."""

import pytest
from fumibako.errors import UsageError
from fumibako.links import parse_link

TOKEN = "acme." + "A" * 27
KEY = "b" * 43


@pytest.mark.parametrize(
    ("address", "token", "key"),
    [
        (f"https://files.example.jp/l#{TOKEN}", TOKEN, None),
        (f"https://files.example.jp/l#{TOKEN}.{KEY}", TOKEN, KEY),
        (f"https://files.example.jp/p/{TOKEN}", TOKEN, None),
        (f" https://files.example.jp/p/{TOKEN}/ ", TOKEN, None),
        (f"https://files.example.jp/p/{TOKEN}?lang=ja", TOKEN, None),
        (f"https://files.example.jp/p/{TOKEN}/files?lang=en&cursor=1-0", TOKEN, None),
    ],
)
def test_a_link_gives_its_host_token_and_key(address: str, token: str, key: str | None) -> None:
    link = parse_link(address)
    assert (link.url, link.token, link.key) == ("https://files.example.jp", token, key)


@pytest.mark.parametrize(
    "address",
    [
        f"https://files.example.jp/p/{TOKEN}.{KEY}",
        f"https://files.example.jp/q/{TOKEN}",
        f"https://files.example.jp/x/p/{TOKEN}",
        "https://files.example.jp/p/",
        "https://files.example.jp/p/acme.short",
        f"https://files.example.jp/p/{TOKEN}/files/fi_x/y",
        f"ftp://files.example.jp/p/{TOKEN}",
    ],
)
def test_what_is_no_link_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_link(address)
    assert refused.value.code == "link_wrong"
