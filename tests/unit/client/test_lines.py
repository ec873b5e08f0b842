"""The contract of a line, over both: what counts as stored and as fetched, and what a server may not do."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from fumibako.asynchronous import AsyncLine
from fumibako.blocking import open_pool
from fumibako.driving import run
from fumibako.errors import Full, Gone, IntegrityFailed, NetworkFailed
from fumibako.line import Line
from fumibako.retries import Retry

from tests.unit.client.byte_server import CONTENT, ByteServer, answered, stored

MIB = 1 << 20
Story = Callable[[Line], Awaitable[Any]]


def asynchronous(story: Story) -> Any:
    async def told() -> Any:
        line = AsyncLine()
        try:
            return await story(line)
        finally:
            await line.close()

    return asyncio.run(told())


def blocking(story: Story) -> Any:
    async def told() -> Any:
        with open_pool() as pool:
            return await story(pool.line)

    return run(told())


@pytest.fixture(params=[asynchronous, blocking], ids=["asynchronous", "blocking"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], Any]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return request.param  # type: ignore[no-any-return]


class Taken:
    """A sink with small spaces."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._room = bytearray(100_000)

    def space(self) -> memoryview:
        return memoryview(self._room)

    def advance(self, count: int) -> None:
        self.data += self._room[:count]


def putting(server: ByteServer, content: bytes = CONTENT, **headers: str) -> Story:
    def body() -> Iterator[memoryview]:
        room = bytearray(MIB)  # used again for each piece, as the real ones are
        for at in range(0, len(content), MIB):
            piece = content[at : at + MIB]
            room[: len(piece)] = piece
            yield memoryview(room)[: len(piece)]

    upload = {"method": "PUT", "url": server.url, "headers": {"Content-Length": str(len(content)), **headers}}
    return lambda line: line.put(upload, body, len(content))


def fetching(server: ByteServer, start: int = 5, end: int = MIB + 9) -> Story:
    async def story(line: Line) -> bytes:
        sink = Taken()
        await line.fetch({"method": "GET", "url": server.url, "headers": {}}, start, end, sink)
        return bytes(sink.data)

    return story


def test_a_part_arrives_whole_with_its_headers(told: Callable[[Story], Any]) -> None:
    with ByteServer() as server:
        assert told(putting(server, **{"x-signed": "yes"})) == f'"{len(CONTENT)}"'
    [seen] = server.seen
    assert seen["body"] == CONTENT
    assert seen["path"] == "/blob?sig=1"
    assert (seen["headers"]["host"], seen["headers"]["x-signed"]) == (f"127.0.0.1:{server.port}", "yes")
    assert "transfer-encoding" not in seen["headers"]


def test_an_empty_part(told: Callable[[Story], Any]) -> None:
    with ByteServer() as server:
        assert told(putting(server, b"")) == '"0"'


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (200, {"Content-Type": "text/html"}, Retry),
        (302, {"Location": "http://portal.example/", "ETag": '"x"'}, Retry),
        (403, {}, Retry),
        (503, {}, Retry),
        (410, {}, Gone),
        (507, {}, Full),
    ],
)
def test_only_the_store_s_own_etag_counts(
    told: Callable[[Story], Any], status: int, headers: dict[str, str], kind: type[Exception]
) -> None:
    with ByteServer(lambda handler: answered(handler, status, headers, b"<html>")) as server, pytest.raises(kind):
        told(putting(server))


def test_an_upload_that_another_run_completed_is_told_as_that(told: Callable[[Story], Any]) -> None:
    with ByteServer(lambda handler: answered(handler, 409, {})) as server, pytest.raises(Retry) as caught:
        told(putting(server))
    assert caught.value.attempts == 3
    assert getattr(caught.value.failure, "code", "") == "upload_closed"


def test_a_part_that_was_there_before_is_there(told: Callable[[Story], Any]) -> None:
    with ByteServer(lambda handler: answered(handler, 412, {})) as server:
        assert told(putting(server)) == "present"


def test_a_server_that_answers_before_the_end_and_closes_is_understood(told: Callable[[Story], Any]) -> None:
    def refuse(handler: Any) -> None:
        handler.close_connection = True
        answered(handler, 410, {"Connection": "close"})
        handler.rfile.read(1 << 16)

    with ByteServer(refuse, reads=False) as server, pytest.raises((Gone, httpx.TransportError)):
        told(putting(server, CONTENT * 8))


def test_a_range_arrives(told: Callable[[Story], Any]) -> None:
    with ByteServer() as server:
        assert told(fetching(server)) == CONTENT[5 : MIB + 9]


def larger(handler: Any) -> None:
    answered(handler, 206, {"Content-Range": f"bytes 5-{MIB + 8}/{len(CONTENT)}"}, CONTENT[5 : MIB + 20])


def smaller(handler: Any) -> None:
    answered(handler, 206, {"Content-Range": f"bytes 5-{MIB + 8}/{len(CONTENT)}"}, CONTENT[5:MIB])


def endless(handler: Any) -> None:
    handler.close_connection = True
    head = {"Content-Range": f"bytes 5-{MIB + 8}/{len(CONTENT)}", "Connection": "close"}
    answered(handler, 206, head, CONTENT[5:] * 2, length=-1)


@pytest.mark.parametrize("lie", [larger, smaller, endless])
def test_another_length_than_was_asked_for_is_a_lie(told: Callable[[Story], Any], lie: Callable[[Any], None]) -> None:
    with ByteServer(lie) as server, pytest.raises(Retry) as caught:
        told(fetching(server))
    assert isinstance(caught.value.failure, IntegrityFailed)


def cut(handler: Any) -> None:
    handler.close_connection = True
    length = MIB + 4
    answered(handler, 206, {"Content-Range": f"bytes 5-{MIB + 8}/{len(CONTENT)}"}, CONTENT[5 : MIB // 2], length=length)


def whole(handler: Any) -> None:
    answered(handler, 200, {}, CONTENT)


def other(handler: Any) -> None:
    answered(handler, 206, {"Content-Range": f"bytes 0-{MIB + 3}/{len(CONTENT)}"}, CONTENT[: MIB + 4])


@pytest.mark.parametrize("how", [cut, whole, other])
def test_what_is_not_the_range_is_tried_again(told: Callable[[Story], Any], how: Callable[[Any], None]) -> None:
    with ByteServer(how) as server, pytest.raises((Retry, httpx.TransportError)) as caught:
        told(fetching(server))
    assert getattr(caught.value, "failure", None) is None


def test_a_range_that_is_gone_is_gone(told: Callable[[Story], Any]) -> None:
    with ByteServer(lambda handler: answered(handler, 410, {})) as server, pytest.raises(Gone):
        told(fetching(server))


def test_connections_are_used_again_and_one_that_was_closed_meanwhile_is_no_failure() -> None:
    closes = 0

    def now_and_then(handler: Any) -> None:
        nonlocal closes
        stored(handler)
        closes += 1
        handler.close_connection = closes % 3 == 0

    with ByteServer(now_and_then) as server:
        line = open_pool().line

        async def story() -> None:
            for _ in range(9):
                assert await putting(server, b"abc")(line) == '"3"'
                assert len(await fetching(server)(line)) == MIB + 4

        run(story())
    assert server.connections < 18


@pytest.mark.parametrize("url", ["ftp://x/y", "http://", "http://[::1", "http://h:99999/", "nothing"])
def test_an_address_that_is_none(told: Callable[[Story], Any], url: str) -> None:
    async def story(line: Line) -> None:
        await line.fetch({"method": "GET", "url": url, "headers": {}}, 0, 1, Taken())

    with pytest.raises((NetworkFailed, httpx.HTTPError, httpx.InvalidURL)):
        told(story)


def test_a_proxy_of_the_environment_is_asked(told: Callable[[Story], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with ByteServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        proxy.url = "http://store.example/blob?sig=1"
        assert told(putting(proxy, b"abc")) == '"3"'
        assert len(told(fetching(proxy, 0, 10))) == 10
        monkeypatch.setenv("no_proxy", "store.example")
        with pytest.raises((httpx.TransportError, OSError)):
            told(putting(proxy, b"abc"))
    put, got = proxy.seen
    assert put["path"] == got["path"] == "http://store.example/blob?sig=1"
    assert put["headers"]["host"] == "store.example"
    assert put["headers"]["proxy-authorization"] == "Basic dXNlcjpwQHNz"


def test_several_at_once_the_first_failure_stops_the_others(told: Callable[[Story], Any]) -> None:
    done: list[int] = []

    async def story(line: Line) -> None:
        stop = threading.Event()

        async def work(n: int) -> None:
            await line.turn()
            if n == 5:
                raise ValueError("five")
            done.append(n)

        with pytest.raises(ValueError, match="five"):
            await line.each(iter(range(1_000_000)), work, width=lambda: 3, stop=stop)
        assert stop.is_set()

    told(story)
    assert len(done) < 1_000_000


def test_the_width_is_asked_again(told: Callable[[Story], Any]) -> None:
    most = now = 0
    lock, begun = threading.Lock(), set[int]()

    async def story(line: Line) -> list[int]:
        order: list[int] = []
        bell = line.bell()

        async def work(n: int) -> None:
            nonlocal most, now
            with lock:
                now += 1
                most = max(most, now)
                begun.add(n)
            bell.ring()
            # From the tenth on two have to be at it together.
            await line.until(lambda: n < 10 or n % 2 == 1 or n + 1 in begun, bell, threading.Event())
            order.append(n)
            with lock:
                now -= 1

        await line.each(range(40), work, width=lambda: 1 + min(3, len(order) // 5), stop=threading.Event())
        return order

    assert sorted(told(story)) == list(range(40))
    assert 2 <= most <= 4
