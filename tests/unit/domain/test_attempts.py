import pytest

from chalicelib.domain.attempts import FORGET_MS, Attempts, begun, wait_ms
from chalicelib.domain.errors import Refused
from chalicelib.domain.networks import network_of


def test_the_wait_doubles_up_to_fifteen_minutes() -> None:
    seconds = [wait_ms(failures, 5) // 1000 for failures in range(4, 16)]
    assert seconds == [0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]
    assert wait_ms(10**6, 5) == 900_000
    assert wait_ms(0, 0) == 5_000


def test_tries_are_counted_before_they_are_judged() -> None:
    assert begun(Attempts(), free=5, now=7) == Attempts(1, 7, 0)
    assert begun(Attempts(4, 7, 3), free=5, now=7) == Attempts(5, 7, 3)


def test_during_the_wait_nothing_is_counted_and_after_it_one_try_is_free() -> None:
    five = Attempts(5, 1_000_000, 9)
    for now, left in ((1_000_000, 5), (1_004_000, 1), (1_004_999, 1)):
        with pytest.raises(Refused) as refused:
            begun(five, free=5, now=now)
        assert (refused.value.code, refused.value.retry_after) == ("too_many_attempts", left)
    assert begun(five, free=5, now=1_005_000) == Attempts(6, 1_005_000, 9)


def test_failures_are_forgotten_a_day_after_the_last() -> None:
    many = Attempts(50, 1_000, 2)
    assert FORGET_MS == 86_400_000
    assert begun(many, free=5, now=1_000 + FORGET_MS) == Attempts(1, 1_000 + FORGET_MS, 2)
    assert begun(many, free=5, now=999 + FORGET_MS) == Attempts(51, 999 + FORGET_MS, 2)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "unknown"),
        ("office", "unknown"),
    ],
)
def test_what_counts_as_one_network(address: str, network: str) -> None:
    assert network_of(address) == network
