import asyncio
from collections.abc import AsyncIterator

import pytest
from fumibako.driving import iterate, run


def test_a_coroutine_that_never_waits_is_driven_to_its_end() -> None:
    async def inner(n: int) -> int:
        return n * 2

    async def outer() -> int:
        return await inner(2) + await inner(3)

    assert run(outer()) == 10


def test_one_that_waits_is_a_mistake_and_says_so() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="never waits"):
        run(waits())


def test_failures_come_through() -> None:
    async def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(fails())


def test_an_asynchronous_iterator_as_a_usual_one() -> None:
    async def numbers() -> AsyncIterator[int]:
        for n in range(3):
            yield n

    assert list(iterate(numbers())) == [0, 1, 2]
