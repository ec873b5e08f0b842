"""Work on a few threads at once; the first failure stops the others."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

# How long an interrupted command waits for its threads: they look up between two pieces of a body, unless the line hangs.
_GRACE = 3.0
T = TypeVar("T")


def in_parallel(
    items: Iterable[T],
    work: Callable[[T], None],
    *,
    parallel: int | Callable[[], int],
    stop: threading.Event,
    name: str,
) -> None:
    """``work`` on each item, ``parallel`` at a time, taking items only as they are needed. Raises the first failure.

    A ``parallel`` that is a function is asked again after each item: threads begin and end as it says. ``stop`` is set on the first
    failure and on an interrupt; ``work`` looks at it where it takes long. All threads have ended when this returns or raises, but for
    an interrupt: then those that hang in the network are left behind after 3 seconds.
    """
    crew = _Crew(iter(items), work, (lambda: parallel) if isinstance(parallel, int) else parallel, stop, name)
    crew.fill()
    try:
        crew.join(None)
    except BaseException:
        stop.set()
        crew.join(time.monotonic() + _GRACE)
        raise
    if crew.failures:
        raise crew.failures[0]


class _Crew(Generic[T]):
    """The threads of one call."""

    def __init__(
        self, queue: Iterator[T], work: Callable[[T], None], width: Callable[[], int], stop: threading.Event, name: str
    ) -> None:
        self.failures: list[BaseException] = []
        self._queue = queue
        self._work = work
        self._width = width
        self._stop = stop
        self._name = name
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._empty = False

    def fill(self) -> None:
        """Start threads until there are as many as wanted."""
        with self._lock:
            while self._busy < self._width() and not (self._empty or self._stop.is_set()):
                # Daemons: a thread that hangs in the network must not keep an interrupted command from ending.
                name = f"{self._name}-{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                self._busy += 1
                thread.start()

    def join(self, deadline: float | None) -> None:
        """Wait for all, those that begin meanwhile too."""
        at = 0
        while at < len(self._threads):
            self._threads[at].join(None if deadline is None else max(0.0, deadline - time.monotonic()))
            at += 1

    def _run(self) -> None:
        try:
            while taken := self._next():
                self._work(taken[0])
                self.fill()
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread, whatever it is
            with self._lock:
                self.failures.append(error)
            self._stop.set()

    def _next(self) -> tuple[T] | None:
        with self._lock:
            if not self._stop.is_set() and self._busy <= self._width():
                for item in self._queue:
                    return (item,)
                self._empty = True
            self._busy -= 1
            return None


class ThreadLock(AbstractAsyncContextManager[None]):
    """A lock of threads with the form of one of tasks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


class ThreadBell:
    """Wakes threads that wait for its condition."""

    def __init__(self) -> None:
        self.condition = threading.Condition()

    def ring(self) -> None:
        """Wake all."""
        with self.condition:
            self.condition.notify_all()
