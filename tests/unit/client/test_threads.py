import threading
from collections.abc import Iterator

import pytest
from fumibako.threads import in_parallel


def test_every_item_once_and_no_thread_is_left() -> None:
    done: list[int] = []
    before = threading.active_count()
    in_parallel(range(100), done.append, parallel=4, stop=threading.Event(), name="t")
    assert sorted(done) == list(range(100))
    assert threading.active_count() == before


def test_never_more_at_once_than_asked_and_items_only_as_needed() -> None:
    lock, taken, at_once, most = threading.Lock(), 0, 0, 0
    all_in = threading.Barrier(3)

    def items() -> Iterator[int]:
        nonlocal taken
        for n in range(9):
            taken += 1
            yield n

    def work(_: int) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
            assert taken <= 9
        all_in.wait(10)
        with lock:
            at_once -= 1

    in_parallel(items(), work, parallel=3, stop=threading.Event(), name="t")
    assert most == 3


def test_the_first_failure_stops_the_others_and_is_raised() -> None:
    stop = threading.Event()
    done: list[int] = []

    def work(n: int) -> None:
        if n == 3:
            raise ValueError("three")
        done.append(n)

    with pytest.raises(ValueError, match="three"):
        in_parallel(range(1_000_000), work, parallel=2, stop=stop, name="t")
    assert stop.is_set()
    assert len(done) < 1_000_000


def test_nothing_to_do() -> None:
    in_parallel([], print, parallel=0, stop=threading.Event(), name="t")
