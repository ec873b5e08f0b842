"""Work on a few threads at once; the first failure stops the others."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

# How long an interrupted command waits for its threads: they look up between two pieces of a body, unless the line hangs.
_GRACE = 3.0
T = TypeVar("T")


def in_parallel(
    items: Iterable[T], work: Callable[[T], None], *, parallel: int, stop: threading.Event, name: str
) -> None:
    """``work`` on each item, ``parallel`` at a time, taking items only as they are needed. Raises the first failure.

    ``stop`` is set on the first failure and on an interrupt; ``work`` looks at it where it takes long. All threads have ended when
    this returns or raises, but for an interrupt: then those that hang in the network are left behind after 3 seconds.
    """
    queue, lock = iter(items), threading.Lock()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            while not stop.is_set() and (taken := _next(queue, lock)):
                work(taken[0])
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread, whatever it is
            with lock:
                failures.append(error)
            stop.set()

    # Daemons: a thread that hangs in the network must not keep an interrupted command from ending.
    threads = [threading.Thread(target=run, name=f"{name}-{n}", daemon=True) for n in range(parallel)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set()
        deadline = time.monotonic() + _GRACE
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        raise
    if failures:
        raise failures[0]


def _next(queue: Iterator[T], lock: threading.Lock) -> tuple[T] | None:
    with lock:
        for item in queue:
            return (item,)
    return None
