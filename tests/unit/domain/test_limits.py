from typing import Any

import pytest

from chalicelib.domain import limits
from chalicelib.domain.errors import FieldProblem, Refused
from chalicelib.domain.findings import Findings
from chalicelib.domain.ids import TenantId
from chalicelib.domain.limits import (
    checked_downloads,
    checked_expiry,
    checked_hold,
    checked_send_at,
    checked_text,
    expiry_of,
    require_version,
)
from chalicelib.domain.tenant import Tenant

NOW = 1_000_000
MINUTE = 60_000
DAY = 86_400_000
TENANT = Tenant(TenantId("acme"), "ACME", "https://a.example", "https://b.example", "x@a.example", max_expiry_days=10)


def refused(code: str, detail: str, act: Any, *args: Any, **named: Any) -> None:
    with pytest.raises(Refused) as caught:
        act(*args, **named)
    assert (caught.value.code, caught.value.detail) == (code, detail)


def test_limits_are_those_of_the_product() -> None:
    assert (limits.LEAST_LIFE, limits.MAX_HOLD_MINUTES, limits.MAX_DOWNLOADS) == (300_000, 60, 1_000_000)
    assert (limits.TITLE_CHARACTERS, limits.MESSAGE_CHARACTERS) == (200, 4_000)
    assert (limits.SLOTS, limits.SLOTS_BYTES) == (8, 8_192)


def test_an_expiry_lies_5_minutes_ahead_and_within_the_limit() -> None:
    assert checked_expiry(TENANT, NOW, NOW + 300_000) == NOW + 300_000
    assert checked_expiry(TENANT, NOW, NOW + 10 * DAY) == NOW + 10 * DAY
    refused("expiry_past", "The expiry lies at least 5 minutes ahead.", checked_expiry, TENANT, NOW, NOW + 299_999)
    refused("expiry_too_far", "The expiry lies at most 10 days ahead.", checked_expiry, TENANT, NOW, NOW + 10 * DAY + 1)


def test_the_expiry_is_a_time_or_minutes_or_the_default() -> None:
    assert expiry_of(TENANT, NOW, at=NOW + DAY, in_minutes=None) == NOW + DAY
    assert expiry_of(TENANT, NOW, at=None, in_minutes=6) == NOW + 6 * MINUTE
    assert expiry_of(TENANT, NOW, at=None, in_minutes=None) == NOW + 7 * DAY
    twice = "Give the expiry as a time or as minutes, not both."
    refused("expiry_twice", twice, expiry_of, TENANT, NOW, at=NOW + DAY, in_minutes=6)
    late = "The expiry lies at least 5 minutes ahead."
    refused("expiry_past", late, expiry_of, TENANT, NOW, at=None, in_minutes=0)


def test_a_time_of_sending_lies_between_now_and_the_expiry() -> None:
    assert checked_send_at(NOW, NOW + 1, NOW + 300_001) == NOW + 1
    refused("send_at_wrong", "The time to send lies in the past.", checked_send_at, NOW, NOW, NOW + DAY)
    late = "The time to send lies at least 5 minutes before the expiry."
    refused("send_at_wrong", late, checked_send_at, NOW, NOW + 2, NOW + 300_001)


def test_a_hold_is_0_to_60_minutes() -> None:
    assert [checked_hold(one) for one in (0, 60)] == [0, 60]
    for wrong in (-1, 61):
        refused("hold_wrong", "The hold is 0 to 60 minutes.", checked_hold, wrong)


def test_downloads_are_one_or_more() -> None:
    assert [checked_downloads(one) for one in (1, 1_000_000)] == [1, 1_000_000]
    for wrong in (0, 1_000_001):
        refused("max_downloads_wrong", "The number of downloads is 1 to 1000000.", checked_downloads, wrong)


def test_texts_have_no_control_characters_and_an_end() -> None:
    assert checked_text("", 3, lines=False) == ""
    assert checked_text("日本語", 3, lines=False) == "日本語"
    assert checked_text("a\r\nb\tc", 9, lines=True) == "a\nb\tc"
    assert checked_text(" ~\xa0", 3, lines=False) == " ~\xa0"
    refused("text_wrong", "The text has at most 3 characters.", checked_text, "abcd", 3, lines=True)
    control = "The text has a control character in it."
    for one in ("\n", "\t"):
        refused("text_wrong", control, checked_text, one, 9, lines=False)
    for one in ("\x00", "\x1f", "\x7f", "\x9f", "\r", "\ud800", "\udfff"):
        refused("text_wrong", control, checked_text, f"a{one}", 9, lines=True)


@pytest.mark.parametrize("turning", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_line_turns_no_direction_of_what_stands_beside_it(turning: str) -> None:
    with pytest.raises(Refused, match="text_wrong"):
        checked_text(f"invoice{turning}fdp", 200, lines=False)
    assert checked_text(f"a{turning}b", 200, lines=True) == f"a{turning}b"


def test_another_version_is_refused() -> None:
    require_version(3, 3)
    for asked in (2, 4):
        refused("version_changed", "This was changed since you read it.", require_version, asked, 3)


def test_findings_gather_all_problems() -> None:
    findings = Findings()
    findings.require_none()
    with findings.at("/a"):
        raise Refused("one", "First.")
    findings.add("two", "/b", "Second.")
    with findings.at("/c"):
        pass
    with findings.at("/d"):
        raise Refused("three", "Third.", errors=(FieldProblem("/d/0", "inner", "Inner."),))
    with pytest.raises(Refused) as caught:
        findings.require_none()
    assert (caught.value.code, caught.value.detail) == ("one", "First. There are 2 more problems.")
    assert caught.value.errors == (
        FieldProblem("/a", "one", "First."),
        FieldProblem("/b", "two", "Second."),
        FieldProblem("/d/0", "inner", "Inner."),
    )


def test_one_problem_is_told_as_it_is() -> None:
    findings = Findings()
    findings.add("only", "/a", "Only one.")
    refused("only", "Only one.", findings.require_none)


def test_other_errors_pass_through_findings() -> None:
    with pytest.raises(KeyError), Findings().at("/a"):
        raise KeyError


def test_100_problems_are_listed() -> None:
    findings = Findings()
    for n in range(101):
        findings.add("many", f"/{n}", "Again.")
    with pytest.raises(Refused) as caught:
        findings.require_none()
    assert (len(caught.value.errors), caught.value.detail) == (100, "Again. There are 100 more problems.")
