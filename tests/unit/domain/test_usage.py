from datetime import date
from typing import Any

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event
from chalicelib.domain.usage import Usage, checked_day, days_between, member_of, usage_of


def event(type: str, **data: Any) -> Event:  # noqa: A002
    return Event("ev_1", type, "acme", "tr_1", 1, 0, data)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (event("transfer.completed.v1", files=3, bytes=500), Usage(transfers=1, files=3, bytes=500)),
        (event("transfer.completed.v1"), Usage(transfers=1)),
        (event("transfer.completed.v1", files=True, bytes=-1), Usage(transfers=1)),
        (event("transfer.completed.v1", files="3", bytes=1), Usage(transfers=1, bytes=1)),
        (event("download.completed.v1", files=2, bytes=7), Usage(downloads=1, downloaded_bytes=7)),
        (event("request.created.v1"), Usage(requests=1)),
        (event("transfer.destroyed.v1", files=3, bytes=500), Usage(destroyed=1)),
        (event("transfer.created.v1", files=3, bytes=500), None),
        (event("download.started.v1", bytes=7), None),
    ],
)
def test_what_an_event_adds(told: Event, usage: Usage | None) -> None:
    assert usage_of(told) == usage


def test_usage_adds_up_field_by_field() -> None:
    one, two = Usage(1, 2, 3, 4, 5, 6, 7), Usage(10, 20, 30, 40, 50, 60, 70)
    assert one.plus(two) == Usage(11, 22, 33, 44, 55, 66, 77)


@pytest.mark.parametrize(
    ("actor", "member"), [("mb_1", "mb_1"), ("sa_1", "sa_1"), ("rc_1", None), ("system", None), (None, None)]
)
def test_whose_usage_it_is(actor: str | None, member: str | None) -> None:
    assert member_of(event("request.created.v1", actor=actor)) == member


@pytest.mark.parametrize("text", ["", "2026-1-31", "20260131", "2026-02-30", "2026-01-31T00:00:00Z", "2026-W05-6"])
def test_a_day_is_written_one_way(text: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_day(text, "/from")
    assert (refused.value.code, refused.value.errors[0].pointer) == ("query_invalid", "/from")


def test_days_are_counted_with_both_ends() -> None:
    assert checked_day("2026-01-31", "/from") == date(2026, 1, 31)
    assert days_between(date(2026, 2, 28), date(2026, 3, 1)) == ["2026-02-28", "2026-03-01"]
    assert days_between(date(2026, 1, 1), date(2026, 1, 1)) == ["2026-01-01"]
    assert len(days_between(date(2025, 1, 1), date(2026, 1, 1))) == 366


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 1, 2), date(2026, 1, 1)), (date(2025, 1, 1), date(2026, 1, 2))]
)
def test_too_many_days_and_none_are_refused(first: date, last: date) -> None:
    with pytest.raises(Refused) as refused:
        days_between(first, last)
    assert refused.value.code == "query_invalid"
