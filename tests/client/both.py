"""One story for both doors: what the blocking one returns and what the asynchronous one promises are taken alike."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from fumibako import AsyncFumibako, Fumibako
from fumibako.driving import run

Story = Callable[[Any], Awaitable[None]]
DOORS = ("asynchronous", "blocking")


async def done(value: Any) -> Any:
    """The result, whichever door gave it."""
    return await value if inspect.isawaitable(value) else value


async def items(found: Iterator[Any] | AsyncIterator[Any]) -> list[Any]:
    """All of an iterator, whichever door gave it."""
    return [one async for one in found] if isinstance(found, AsyncIterator) else list(found)


def told(kind: str, url: str, token: str, story: Story) -> None:
    """Tell the story as a member. The blocking door never waits, so its story is driven without a loop."""

    async def asynchronously() -> None:
        async with AsyncFumibako(url, token) as door:
            await story(door)

    async def blocking() -> None:
        with Fumibako(url, token) as door:
            await story(door)

    if kind == "asynchronous":
        asyncio.run(asynchronously())
    else:
        run(blocking())


def told_by_guest(kind: str, link: str, story: Story, **how: Any) -> None:
    """Tell the story as the guest of a link."""

    async def asynchronously() -> None:
        async with await AsyncFumibako.from_link(link, **how) as door:
            await story(door)

    async def blocking() -> None:
        with Fumibako.from_link(link, **how) as door:
            await story(door)

    if kind == "asynchronous":
        asyncio.run(asynchronously())
    else:
        run(blocking())
