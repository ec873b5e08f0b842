import threading

import pytest

from chalicelib.api.throttle import throttle_address
from chalicelib.domain.errors import Refused
from chalicelib.use_cases.rate_limit import (
    LEND_MS,
    RateLimiter,
    address_bucket,
    caller_buckets,
    principal_bucket,
    slice_of,
    tenant_bucket,
)
from tests.fakes.context import FakeContext
from tests.unit.runtime.apps import app_over_fakes, call


def passed(limiters: list[RateLimiter], ctx: FakeContext, per_minute: int, tries: int) -> int:
    """How many of ``tries`` passed, taken in turn by the limiters of several processes."""
    good = 0
    for turn in range(tries):
        try:
            limiters[turn % len(limiters)].spend(ctx, tenant_bucket("acme", per_minute))
            good += 1
        except Refused:
            continue
    return good


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_processes_together_pass_no_more_than_the_bucket_holds(processes: int) -> None:
    ctx = FakeContext()
    assert passed([RateLimiter() for _ in range(processes)], ctx, 120, 500) == 120


def test_the_addresses_of_one_ipv6_household_are_one() -> None:
    ctx = FakeContext()
    for number in range(2):
        throttle_address(ctx, f"2001:db8:77:1::{number:x}", per_minute=2)
    with pytest.raises(Refused, match="too_many_requests"):
        throttle_address(ctx, "2001:db8:77:1:ffff::1", per_minute=2)
    throttle_address(ctx, "2001:db8:77:2::1", per_minute=2)


def test_the_refusal_tells_when_to_come_back() -> None:
    ctx = FakeContext()
    limiter = RateLimiter()
    limiter.spend(ctx, tenant_bucket("acme", 1))
    with pytest.raises(Refused) as caught:
        limiter.spend(ctx, tenant_bucket("acme", 1))
    assert (caught.value.code, caught.value.retry_after) == ("too_many_requests", 60)


def test_the_bucket_fills_at_its_rate() -> None:
    ctx = FakeContext()
    limiters = [RateLimiter()]
    passed(limiters, ctx, 120, 500)
    ctx.clock.advance(10_000)
    assert passed(limiters, ctx, 120, 500) == 20
    ctx.clock.advance(3_600_000)
    assert passed(limiters, ctx, 120, 500) == 120


def test_a_write_is_paid_once_in_twenty_requests() -> None:
    ctx = FakeContext()
    passed([RateLimiter()], ctx, 1_200, 200)
    record = ctx.records.get(tenant_bucket("acme", 1_200).key)
    assert record is not None
    assert record.version == 10


def test_what_was_lent_is_forgotten_after_a_while() -> None:
    ctx = FakeContext()
    limiter = RateLimiter()
    limiter.spend(ctx, tenant_bucket("acme", 1_200))
    ctx.clock.advance(LEND_MS)
    limiter.spend(ctx, tenant_bucket("acme", 1_200))
    record = ctx.records.get(tenant_bucket("acme", 1_200).key)
    assert record is not None
    assert record.version == 2


def test_slices_follow_the_rate() -> None:
    assert [slice_of(rate) for rate in (1, 60, 200, 1_200, 1_000_000)] == [1, 6, 20, 20, 8_333]


def test_buckets_are_apart() -> None:
    ctx = FakeContext()
    limiter = RateLimiter()
    for bucket in (
        tenant_bucket("acme", 1),
        principal_bucket("acme", "mb_1", 1),
        tenant_bucket("other", 1),
        address_bucket(ctx, "192.0.2.1", 1),
    ):
        limiter.spend(ctx, bucket)
        with pytest.raises(Refused):
            limiter.spend(ctx, bucket)


def test_an_address_is_kept_only_as_a_keyed_hash() -> None:
    ctx = FakeContext()
    key = address_bucket(ctx, "192.0.2.1", 1).key
    assert "192.0.2" not in "".join(key)
    assert key == address_bucket(ctx, "192.0.2.1", 1).key
    assert key != address_bucket(ctx, "192.0.2.2", 1).key


def test_threads_at_the_same_time_pass_no_more_than_the_bucket_holds() -> None:
    ctx = FakeContext()
    limiters = [RateLimiter(), RateLimiter()]
    counts = [0] * 8

    def spend(number: int) -> None:
        for _ in range(60):
            try:
                limiters[number % 2].spend(ctx, tenant_bucket("acme", 120))
            except Refused:
                continue
            counts[number] += 1

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Two threads of one process may borrow at once, and the later slice then stands for both: never more than was taken out.
    assert 1 <= sum(counts) <= 120


def test_the_app_answers_429_with_the_time_to_wait() -> None:
    app = app_over_fakes()
    app.address_requests_per_minute = 3
    app.route("/v1/open")(dict)
    answers = [call(app, "/v1/open", source_ip="198.51.100.99") for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 429]
    assert answers[-1][1]["Retry-After"] == "20"


def test_failed_sign_ins_count_against_the_address() -> None:
    ctx = FakeContext()
    throttle_address(ctx, "198.51.100.77", per_minute=1)
    with pytest.raises(Refused, match="too_many_requests"):
        throttle_address(ctx, "198.51.100.77", per_minute=1)


def test_the_buckets_of_one_request_are_written_together() -> None:
    ctx = FakeContext()
    RateLimiter().spend(ctx, *caller_buckets("acme", "mb_1", 1_200))
    assert (ctx.records.calls["get_many"], ctx.records.calls["transact"]) == (1, 1)
    own, all_of_them = (ctx.records.get(one.key) for one in caller_buckets("acme", "mb_1", 1_200))
    assert own is not None
    assert all_of_them is not None
    assert (own.body["left"], all_of_them.body["left"]) == (580_000, 1_180_000)


def test_an_empty_bucket_takes_nothing_out_of_the_other() -> None:
    ctx = FakeContext()
    limiter = RateLimiter()
    limiter.spend(ctx, principal_bucket("acme", "mb_1", 1))
    with pytest.raises(Refused):
        limiter.spend(ctx, principal_bucket("acme", "mb_1", 1), tenant_bucket("acme", 100))
    assert ctx.records.get(tenant_bucket("acme", 100).key) is None
