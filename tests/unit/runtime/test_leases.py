import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.use_cases.leases import LEASE_MS, Lease, claim, release, renew
from tests.fakes.context import FakeContext


def taken(ctx: FakeContext, holder: str) -> Lease | None:
    return claim(ctx, "sweep", holder=holder, next_after=lambda now: now + 300_000)


def held(ctx: FakeContext, holder: str) -> Lease:
    lease = taken(ctx, holder)
    assert lease is not None
    return lease


def test_one_holder_at_a_time() -> None:
    ctx = FakeContext()
    held(ctx, "a")
    assert taken(ctx, "b") is None
    assert taken(ctx, "a") is None


def test_after_its_end_it_is_due_again_at_its_rate() -> None:
    ctx = FakeContext()
    release(ctx, held(ctx, "a"))
    assert taken(ctx, "b") is None
    ctx.clock.advance(299_999)
    assert taken(ctx, "b") is None
    ctx.clock.advance(1)
    held(ctx, "b")


def test_a_dead_holder_s_work_goes_on_when_its_lease_ends() -> None:
    ctx = FakeContext()
    lost = held(ctx, "a")
    ctx.clock.advance(LEASE_MS - 1)
    assert taken(ctx, "b") is None
    ctx.clock.advance(1)
    held(ctx, "b")
    with pytest.raises(Conflict):
        renew(ctx, lost)
    release(ctx, lost)
    assert taken(ctx, "c") is None


def test_a_renewed_lease_lasts() -> None:
    ctx = FakeContext()
    lease = held(ctx, "a")
    ctx.clock.advance(LEASE_MS - 1)
    lease = renew(ctx, lease)
    ctx.clock.advance(LEASE_MS - 1)
    assert taken(ctx, "b") is None
    release(ctx, lease)
    ctx.clock.advance(300_000)
    held(ctx, "b")


def test_of_two_who_claim_at_once_one_gets_it() -> None:
    ctx = FakeContext()
    found: list[Lease | None] = []

    def in_between(now: int) -> int:
        return now

    first = claim(ctx, "x", holder="a", next_after=in_between)
    found.append(first)
    found.append(claim(ctx, "x", holder="b", next_after=in_between))
    assert [lease is not None for lease in found] == [True, False]
