"""fetch_addresses: tokens become addresses of a host that opens files. What that host does is in tests/service/runtime/test_fetch.py."""

from urllib.parse import urlsplit

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from tests.contract.adapters_fetch import FetchAddressesSubject

PORT = "fetch_addresses"
TOKEN = "acme." + "A" * 27
TENANT = Tenant(
    TenantId("acme"), "ACME", "https://files.acme.example", "https://bytes.acme.example", "box@acme.example"
)


def test_the_last_path_segment_is_the_token_and_nothing_else_is_secret(subject: FetchAddressesSubject) -> None:
    parts = urlsplit(subject.present.url(TENANT, TOKEN))
    assert parts.path.rsplit("/", 1)[1] == TOKEN
    assert (parts.query, parts.fragment) == ("", "")
    other = subject.present.url(TENANT, TOKEN[::-1])
    assert subject.present.url(TENANT, TOKEN).removesuffix(TOKEN) == other.removesuffix(TOKEN[::-1])


def test_an_address_is_https(subject: FetchAddressesSubject) -> None:
    parts = urlsplit(subject.present.url(TENANT, TOKEN))
    assert parts.scheme == "https"
    assert parts.netloc in ("files.acme.example", "bytes.acme.example")


def test_an_install_without_a_host_raises_compatible_away(subject: FetchAddressesSubject) -> None:
    with pytest.raises(Refused) as refused:
        subject.absent.url(TENANT, TOKEN)
    assert refused.value.code == "compatible_away"
