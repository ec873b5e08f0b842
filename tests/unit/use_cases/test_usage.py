"""Usage by day, of the tenant and its members."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import DAY
from chalicelib.domain.usage import Usage
from chalicelib.use_cases.reporting.show_usage import show_usage
from tests.unit.use_cases.auditing import Register, overseer
from tests.unit.use_cases.living import guest_principal
from tests.unit.use_cases.sending import principal

SENT = {"files": 3, "bytes": 500}


def lines(register: Register, limit: int = 50, **asked: str) -> list[tuple[str, str | None, Usage]]:
    """Every page."""
    found: list[tuple[str, str | None, Usage]] = []
    cursor: str | None = None
    while True:
        page, cursor = show_usage(
            register.ctx,
            overseer(),
            first=asked.get("first"),
            last=asked.get("last"),
            by=asked.get("by", "tenant"),  # type: ignore[arg-type]
            limit=limit,
            cursor=cursor,
        )
        assert len(page) <= limit
        found += [(line.day, line.member, line.usage) for line in page]
        if cursor is None:
            return found


def test_what_happened_counts_on_its_day_for_tenant_and_member() -> None:
    register = Register()
    register.log(
        register.event("transfer.completed.v1", data=SENT),
        register.event("transfer.completed.v1", data=SENT, actor="mb_2"),
        register.event("download.completed.v1", data={"files": 1, "bytes": 200}, actor="rc_1"),
        register.event("request.created.v1"),
        register.event("transfer.ready.v1", data=SENT),
    )
    register.ctx.clock.advance(DAY)
    register.log(register.event("transfer.destroyed.v1", actor="system"))
    assert lines(register) == [
        ("2026-01-01", None, Usage(2, 6, 1_000, 1, 200, 1, 0)),
        ("2026-01-02", None, Usage(destroyed=1)),
    ]
    assert lines(register, by="member") == [
        ("2026-01-01", "mb_1", Usage(1, 3, 500, requests=1)),
        ("2026-01-01", "mb_2", Usage(1, 3, 500)),
    ]


def test_later_batches_add_to_the_line_and_repeated_events_do_not() -> None:
    register = Register()
    first, second = register.events(2, type="request.created.v1")
    register.log(first)
    register.log(first, second)
    register.log(second)
    assert lines(register) == [("2026-01-01", None, Usage(requests=2))]


def test_an_event_that_comes_late_counts_on_the_day_it_happened() -> None:
    register = Register()
    late = register.event("request.created.v1")
    register.ctx.clock.advance(3 * DAY)
    register.log(late)
    assert [day for day, _, _ in lines(register)] == ["2026-01-01"]


def test_days_are_asked_for_with_both_ends() -> None:
    register = Register()
    for _ in range(4):
        register.log(register.event("request.created.v1"))
        register.ctx.clock.advance(DAY)
    asked = lines(register, first="2026-01-02", last="2026-01-03")
    assert [day for day, _, _ in asked] == ["2026-01-02", "2026-01-03"]
    register.ctx.clock.advance(26 * DAY)  # the 31st: 30 days back is the 2nd
    assert [day for day, _, _ in lines(register)] == ["2026-01-02", "2026-01-03", "2026-01-04"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_give_every_line_once(limit: int) -> None:
    register = Register()
    for _ in range(3):
        register.log(*(register.event("request.created.v1", actor=f"mb_{n}") for n in range(3)))
        register.ctx.clock.advance(40 * DAY)
    asked = {"first": "2026-01-01", "last": "2026-12-31"}
    found = lines(register, limit, by="member", **asked)
    days = ("2026-01-01", "2026-02-10", "2026-03-22")
    assert [(day, member) for day, member, _ in found] == [(day, f"mb_{n}") for day in days for n in range(3)]
    assert [day for day, _, _ in lines(register, limit, **asked)] == list(days)


@pytest.mark.parametrize("cursor", ["", "2026-01-01~", "2025-01-01", "x", "2026-01-01~!", "20260101"])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    register = Register()
    with pytest.raises(Refused, match="cursor_invalid"):
        show_usage(register.ctx, overseer(), first=None, last=None, by="member", limit=5, cursor=cursor)


def test_a_cursor_within_another_day_is_refused() -> None:
    register = Register()
    register.log(*(register.event("request.created.v1", actor=f"mb_{n}") for n in range(3)))
    _, cursor = show_usage(register.ctx, overseer(), first=None, last=None, by="member", limit=1, cursor=None)
    assert cursor is not None
    moved = cursor.replace("2026-01-01", "2025-12-31")
    with pytest.raises(Refused, match="cursor_invalid"):
        show_usage(register.ctx, overseer(), first=None, last=None, by="member", limit=1, cursor=moved)


def test_usage_is_for_admins_and_auditors() -> None:
    for who, code in ((principal(), "role_missing"), (guest_principal("rc_1", "tr_1"), "not_found")):
        with pytest.raises(Refused) as refused:
            show_usage(Register().ctx, who, first=None, last=None, by="tenant", limit=1, cursor=None)
        assert refused.value.code == code
