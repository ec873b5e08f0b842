from fumibako.pace import FIRST, MOST, Pace

MIB = 1 << 20


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def run_line(pace: Pace, clock: Clock, *, rate_of: dict[int, float], parts: int) -> None:
    """Parts of 16 MiB over a line whose rate depends on how many are in flight (MiB/s)."""
    for _ in range(parts):
        clock.now += 16 / rate_of[pace.width()]
        pace.add(16 * MIB)


def test_it_grows_while_the_line_gets_faster() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    assert pace.width() == FIRST
    run_line(pace, clock, rate_of={2: 40.0, 4: 80.0, 6: 120.0, 8: 180.0}, parts=60)
    assert pace.width() == MOST


def test_a_full_line_is_not_crowded() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    run_line(pace, clock, rate_of=dict.fromkeys((1, 2, 4, 6, 8), 4.0), parts=12)
    assert pace.width() == 2


def test_it_goes_one_step_back_where_more_did_not_help() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    run_line(pace, clock, rate_of={2: 50.0, 4: 100.0, 6: 101.0, 8: 101.0}, parts=40)
    assert pace.width() == 4


def test_it_looks_again_later() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    run_line(pace, clock, rate_of=dict.fromkeys((2, 4, 6, 8), 10.0), parts=20)
    assert pace.width() == 2
    run_line(pace, clock, rate_of={2: 10.0, 4: 40.0, 6: 80.0, 8: 160.0}, parts=200)
    assert pace.width() == MOST


def test_never_more_than_was_asked_for() -> None:
    clock = Clock()
    pace = Pace(1, clock=clock)
    run_line(pace, clock, rate_of={1: 100.0}, parts=30)
    assert pace.width() == 1
    pace = Pace(3, clock=clock)
    run_line(pace, clock, rate_of={2: 100.0, 3: 200.0}, parts=30)
    assert pace.width() == 3


def test_on_a_slow_line_one_at_a_time_so_that_each_ends_before_it_is_cut() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    run_line(pace, clock, rate_of=dict.fromkeys((1, 2, 4, 6, 8), 0.95), parts=12)
    assert pace.width() == 1


def test_a_cut_makes_it_narrower_and_never_none() -> None:
    pace = Pace(clock=Clock())
    pace.lost()
    pace.lost()
    assert pace.width() == 1


def test_four_are_enough_on_a_fast_line() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    run_line(pace, clock, rate_of={2: 300.0, 4: 600.0, 6: 900.0, 8: 1200.0}, parts=3000)
    assert pace.width() == 4
