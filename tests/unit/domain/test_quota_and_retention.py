from dataclasses import replace

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.quota import SHARDS, day_of, next_day_seconds, require_bytes, require_transfers
from chalicelib.domain.retention import abandon_moment, abandoned, put_url_end, put_urls_until
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer import State
from tests.unit.domain.transfers import transfer

DAY = 86_400_000
MINUTE = 60_000
TENANT = Tenant(
    TenantId("acme"),
    "ACME",
    "https://a.example",
    "https://b.example",
    "x@a.example",
    quota_bytes=100,
    quota_transfers_per_day=2,
)


def test_there_are_eight_shards() -> None:
    assert SHARDS == 8


def test_days_are_those_of_utc() -> None:
    assert day_of(0) == "1970-01-01"
    assert day_of(DAY - 1) == "1970-01-01"
    assert day_of(1_767_225_600_000) == "2026-01-01"


def test_the_next_day_is_at_least_a_second_away() -> None:
    assert next_day_seconds(0) == 86_400
    assert next_day_seconds(DAY - 1) == 1
    assert next_day_seconds(DAY - 1_000) == 1
    assert next_day_seconds(DAY - 1_001) == 2


def test_transfers_a_day_are_counted() -> None:
    require_transfers(TENANT, 1, 0)
    with pytest.raises(Refused) as caught:
        require_transfers(TENANT, 2, DAY - 5_000)
    assert (caught.value.code, caught.value.retry_after) == ("quota_exceeded", 5)
    assert caught.value.detail == "Your organisation makes at most 2 transfers and file requests a day."


def test_bytes_are_kept_up_to_the_quota() -> None:
    require_bytes(TENANT, 40, 60)
    with pytest.raises(Refused) as caught:
        require_bytes(TENANT, 41, 60)
    assert (caught.value.code, caught.value.retry_after) == ("quota_full", None)
    assert caught.value.detail == "Your organisation keeps at most 100 bytes at one time."


def test_put_urls_live_15_minutes_and_never_longer_than_the_transfer() -> None:
    head = transfer(expires_at=100 * MINUTE)
    assert put_url_end(head, 0) == 15 * MINUTE
    assert put_url_end(head, 85 * MINUTE) == 100 * MINUTE
    assert put_url_end(head, 86 * MINUTE) == 100 * MINUTE


def test_the_head_is_told_in_steps_of_5_minutes() -> None:
    head = transfer(put_urls_until=20 * MINUTE)
    assert put_urls_until(head, 20 * MINUTE) == 20 * MINUTE
    assert put_urls_until(head, 3) == 20 * MINUTE
    assert put_urls_until(head, 20 * MINUTE + 1) == 25 * MINUTE
    assert put_urls_until(head, 25 * MINUTE) == 25 * MINUTE


def test_an_upload_is_abandoned_so_many_days_after_its_last_part() -> None:
    head = transfer(created_at=5, last_part_at=0)
    assert abandon_moment(head, 7) == 7 * DAY + 5
    moved = replace(head, last_part_at=9)
    assert abandon_moment(moved, 7) == 7 * DAY + 9
    assert not abandoned(moved, 7, 7 * DAY + 8)
    assert abandoned(moved, 7, 7 * DAY + 9)
    assert not abandoned(replace(moved, state=State.READY), 7, 8 * DAY)
