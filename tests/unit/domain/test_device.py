from dataclasses import replace

import pytest

from chalicelib.domain.device import (
    INTERVAL_SECONDS,
    LIFE_MS,
    DeviceSignIn,
    DeviceState,
    checked_user_code,
    judged,
    polled,
    refusal,
)
from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

NOW = 1_000_000
WAITING = DeviceSignIn(TenantId("acme"), "hash", "BCDFGHJK", "mac", NOW, NOW + LIFE_MS)
APPROVED = replace(WAITING, state=DeviceState.APPROVED, member="mb_x")


def told(device: DeviceSignIn, now: int) -> tuple[str, int | None] | None:
    refused = refusal(device, now)
    return None if refused is None else (refused.code, refused.retry_after)


def test_the_numbers() -> None:
    assert (LIFE_MS, INTERVAL_SECONDS) == (600_000, 5)
    assert (WAITING.interval, WAITING.last_poll_at, WAITING.state) == (5, 0, DeviceState.PENDING)


@pytest.mark.parametrize("text", ["bcdf-ghjk", "BCDFGHJK", " bcdf ghjk "])
def test_codes_are_read_as_people_type_them(text: str) -> None:
    assert checked_user_code(text) == "BCDFGHJK"


@pytest.mark.parametrize("text", ["", "BCDFGHJ", "BCDFGHJKL", "ABCDFGHJ", "BCDF_GHJK"])
def test_other_codes_lead_nowhere(text: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_user_code(text)
    assert refused.value.code == "user_code_unknown"


def test_it_is_judged_once_and_in_time() -> None:
    assert judged(WAITING, approve=True, member="mb_x", now=NOW + LIFE_MS - 1) == APPROVED
    assert judged(WAITING, approve=False, member="mb_x", now=NOW).state is DeviceState.DENIED
    for device, now in ((WAITING, NOW + LIFE_MS), (APPROVED, NOW)):
        with pytest.raises(Refused) as refused:
            judged(device, approve=True, member="mb_y", now=now)
        assert refused.value.code == "user_code_unknown"


def test_polling_too_soon_slows_down() -> None:
    assert told(WAITING, NOW) == ("authorization_pending", 5)
    once = polled(WAITING, NOW)
    assert (once.interval, once.last_poll_at) == (5, NOW)
    assert told(once, NOW + 4_999) == ("slow_down", 10)
    assert told(once, NOW + 5_000) == ("authorization_pending", 5)
    twice = polled(once, NOW + 4_999)
    assert (twice.interval, twice.last_poll_at) == (10, NOW + 4_999)


def test_tokens_are_due_once() -> None:
    assert told(APPROVED, NOW) is None
    spent = polled(APPROVED, NOW)
    assert spent.state is DeviceState.SPENT
    assert told(spent, NOW) == ("expired_token", None)


def test_denied_and_late_are_told_so() -> None:
    denied = replace(WAITING, state=DeviceState.DENIED)
    assert told(denied, NOW) == ("access_denied", None)
    assert told(denied, NOW + LIFE_MS) == ("expired_token", None)
    assert told(APPROVED, NOW + LIFE_MS - 1) is None
    assert told(APPROVED, NOW + LIFE_MS) == ("expired_token", None)
    assert polled(APPROVED, NOW + LIFE_MS).state is DeviceState.APPROVED
    assert polled(denied, NOW + 1) == replace(denied, last_poll_at=NOW + 1)
