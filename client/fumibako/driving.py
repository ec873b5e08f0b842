"""Driving coroutines without an event loop: those of the blocking line never suspend, so one step takes them to their end."""

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns or raises. Raises RuntimeError where it would wait: it was given a line of another kind."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise RuntimeError("a coroutine of the blocking line never waits")


def iterate(items: AsyncIterator[T]) -> Iterator[T]:
    """An asynchronous iterator of the blocking line as a usual one."""

    async def following() -> T:
        return await anext(items)

    while True:
        try:
            item = run(following())
        except StopAsyncIteration:
            return
        yield item
