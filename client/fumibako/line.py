"""The port over which the client does everything that takes time. What stands above it is written once, for threads and for event loops.

Contract. ``exchange``, ``put`` and ``fetch`` are single attempts. They raise Retry or an httpx error where another attempt may help and a
ClientError where none does. ``put`` gives the store's own ETag and counts nothing else as success; ``fetch`` gives the sink no more
bytes than were asked for. ``each`` works on several items at once and takes them only as they are needed; the first failure stops
the others, sets ``stop`` and is raised after all have ended. ``pause`` ends early, as NetworkFailed("stopped"), where ``stop`` is set.
``turn`` lets others have their turn; it stands between steps of about a millisecond.
"""

import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Answer = dict[str, Any]
Body = Callable[[], Iterable[bytes | bytearray | memoryview]]
T = TypeVar("T")


@dataclass(frozen=True)
class Answered:
    """An answer as it came; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Sink(Protocol):
    """Takes the bytes of a range in order."""

    def space(self) -> memoryview:
        """Where the next bytes go, at least one."""
        ...

    def advance(self, count: int) -> None:
        """So many bytes are in that space now."""
        ...


class Line(Protocol):
    """See the module. ``known`` is set once anything answered as Fumibako does; ``sync_every``: bytes that a file may grow by before
    what was written is made durable, which on this line nobody or everybody waits for.
    """

    known: bool

    @property
    def sync_every(self) -> int: ...

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        body: Answer | None = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered: ...

    async def put(self, upload: Answer, body: Body, size: int, stop: threading.Event | None = None) -> str: ...

    async def fetch(
        self, download: Answer, start: int, end: int, sink: Sink, stop: threading.Event | None = None
    ) -> None: ...

    async def pause(self, seconds: float, stop: threading.Event | None = None) -> None: ...

    async def turn(self) -> None: ...

    async def each(
        self,
        items: Iterable[T],
        work: Callable[[T], Coroutine[Any, Any, None]],
        *,
        width: Callable[[], int],
        stop: threading.Event,
    ) -> None: ...

    def lock(self) -> AbstractAsyncContextManager[None]: ...

    async def until(self, ready: Callable[[], bool], changed: "Bell", stop: threading.Event) -> None:
        """Wait until ``ready()`` is true, looking again when ``changed`` rings. Raises NetworkFailed("stopped")."""
        ...

    def bell(self) -> "Bell": ...


class Bell(Protocol):
    """Wakes who waits."""

    def ring(self) -> None: ...


Attempt = Callable[[int], Awaitable[T]]
