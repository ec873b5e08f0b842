"""clock: UTC milliseconds that never decrease."""

from chalicelib.ports.clock import Clock
from tests.contract.subjects import ClockSubject

PORT = "clock"
MINUTE = 60_000
YEAR_2020 = 1_577_836_800_000


def test_now_is_utc_milliseconds_since_the_epoch(subject: ClockSubject) -> None:
    now = subject.open().now_ms()
    assert isinstance(now, int)
    assert YEAR_2020 < now < YEAR_2020 * 3


def test_time_that_passes_is_shown(subject: ClockSubject) -> None:
    clock = subject.open()
    before = clock.now_ms()
    subject.step(1_234)
    assert clock.now_ms() == before + 1_234


def test_it_never_gives_less_than_before(subject: ClockSubject) -> None:
    clock = subject.open()
    shown = [clock.now_ms()]
    for step in (5, -1, -10_000, 3, -3_600_000, 20_000, 0):
        subject.step(step)
        shown.append(clock.now_ms())
    assert shown == sorted(shown)


def minutes(subject: ClockSubject, clock: Clock, count: int) -> int:
    """Let minutes pass, reading each time; what it shows at the end."""
    for _ in range(count):
        subject.step(MINUTE)
        clock.now_ms()
    return clock.now_ms()


def test_a_restart_after_a_step_back_loses_at_most_a_minute(subject: ClockSubject) -> None:
    shown = minutes(subject, subject.open(), 5)
    subject.step(-24 * 60 * MINUTE)
    assert shown - MINUTE <= subject.open().now_ms()


def test_another_process_of_the_install_keeps_the_mark_too(subject: ClockSubject) -> None:
    one, two = subject.open(), subject.open()
    for _ in range(4):
        subject.step(MINUTE)
        one.now_ms()
        two.now_ms()
    shown = max(one.now_ms(), two.now_ms())
    subject.step(-365 * 24 * 60 * MINUTE)
    assert subject.open().now_ms() >= shown - MINUTE
