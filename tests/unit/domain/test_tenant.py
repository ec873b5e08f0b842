from typing import Any

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import DAY, MINUTE, Tenant, checked_base_url, with_settings

URL = "https://files.acme.example"
TENANT = Tenant(TenantId("acme"), "Acme", URL, URL, "box@acme.example")
RANGES = [
    ("default_expiry_days", 1, 90),
    ("max_expiry_days", 7, 3650),
    ("hold_minutes", 0, 60),
    ("abandon_days", 1, 30),
    ("backup_days", 0, 3650),
    ("quota_bytes", 0, 2**60),
    ("quota_transfers_per_day", 0, 10**6),
    ("requests_per_minute", 1, 10**6),
]


def refusal(call: Any, *arguments: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    return caught.value


def test_units() -> None:
    assert (MINUTE, DAY) == (60_000, 86_400_000)


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        (URL, URL),
        (f"{URL}/", URL),
        ("https://FILES.Acme.Example:8443", "https://files.acme.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_a_base_url_is_scheme_and_host(text: str, checked: str) -> None:
    assert checked_base_url(text) == checked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "files.acme.example",
        "http://files.acme.example",
        "ftp://127.0.0.1",
        "https://",
        f"{URL}/path",
        f"{URL}?q=1",
        f"{URL}#f",
        "https://user@files.acme.example",
    ],
)
def test_anything_else_is_no_base_url(text: str) -> None:
    refused = refusal(checked_base_url, text)
    assert refused.code == "base_url_invalid"
    assert refused.detail == "The address needs https and a host, and nothing behind it."


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_settings_take_whole_numbers_within_their_range(name: str, low: int, high: int) -> None:
    for value in (low, high):
        assert getattr(with_settings(TENANT, **{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "low", "high"), [*RANGES[2:], ("default_expiry_days", 1, 3650), ("max_expiry_days", 1, 3650)]
)
def test_settings_outside_their_range_are_refused_with_the_range(name: str, low: int, high: int) -> None:
    for value in (low - 1, high + 1, "7", 1.5, True, None):
        refused = refusal(with_settings, TENANT, **{name: value})
        assert refused.code == "setting_invalid"
        assert refused.detail == f"{name} takes a whole number from {low} to {high}."


def test_other_settings_are_taken_as_they_are() -> None:
    changed = with_settings(TENANT, name="Acme Ltd", allow_plain=True)
    assert (changed.name, changed.allow_plain, changed.base_url) == ("Acme Ltd", True, URL)


def test_the_default_expiry_stays_within_the_longest() -> None:
    assert with_settings(TENANT, default_expiry_days=90).default_expiry_days == 90
    refused = refusal(with_settings, TENANT, default_expiry_days=91)
    assert refused.code == "setting_invalid"
    assert refused.detail == "The default expiry is beyond the longest one."
