"""Ranges of a sealed file from a store that cuts, damages and delays, over both lines."""

import asyncio
import hashlib
import io
import os
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fumibako import retries
from fumibako.asynchronous import AsyncLine
from fumibako.blocking import open_pool
from fumibako.downloads import stream
from fumibako.downloads.fetch import FileFetch
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.part_file import PartFile
from fumibako.downloads.segments import ranges_of
from fumibako.downloads.session import Session
from fumibako.driving import run
from fumibako.errors import IntegrityFailed, NetworkFailed
from fumibako.line import Line
from fumibako.pace import Pace
from fumibako.progress import Silent

from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.keys import associated_data
from fumibako_format.record import FileRecord
from fumibako_format.streaming import (
    SEGMENT_BYTES,
    Header,
    ciphertext_size,
    seal_stream,
    segment_count,
    segment_plaintext_range,
)
from tests.unit.client.byte_server import ByteServer, answered
from tests.unit.client.test_sealing import TRANSFER

KEY = b"k" * 32
FILE = "fi_" + "0" * 26
SIZE = 19 * SEGMENT_BYTES + 5
CONTENT = os.urandom(SIZE)
SPANS = [segment_plaintext_range(index, SIZE) for index in range(segment_count(SIZE))]
Story = Callable[[Line], Awaitable[Any]]


def sealed() -> bytes:
    out = io.BytesIO()
    header = Header.generate(os.urandom)
    seal_stream(io.BytesIO(CONTENT).read, out.write, key=KEY, aad=associated_data(TRANSFER, FILE), header=header)
    return out.getvalue()


BLOB = sealed()


class Store:
    """Serves ranges of the blob; ``spoil(start, data)`` may change or shorten what goes out."""

    def __init__(self, spoil: Callable[[int, bytes], bytes] = lambda start, data: data) -> None:
        self.ranges: list[tuple[int, int]] = []
        self._spoil = spoil
        self._lock = threading.Lock()

    def __call__(self, handler: Any) -> None:
        start, end = (int(n) for n in handler.headers["range"].removeprefix("bytes=").split("-"))
        with self._lock:
            self.ranges.append((start, end + 1))
            body = self._spoil(start, BLOB[start : end + 1])
        handler.close_connection = len(body) != end + 1 - start
        head = {"Content-Range": f"bytes {start}-{end}/{len(BLOB)}"}
        answered(handler, 206, head, body, length=end + 1 - start)


def remote(server: ByteServer) -> RemoteFile:
    ends = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    entry = {"id": FILE, "url": server.url, "method": "GET", "headers": {}, "offset": 0, "length": len(BLOB)}
    digest = file_digest(segment_digest(CONTENT[start:end]) for start, end in SPANS)
    record = FileRecord("f", "", SIZE, digest)
    return RemoteFile({**entry, "expires_at": ends}, record, KEY, associated_data(TRANSFER, FILE))


@pytest.fixture(params=["asynchronous", "blocking"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], Any]:
    monkeypatch.setattr(retries, "LONGEST_PAUSE", 0.01)

    async def asynchronously(story: Story) -> Any:
        line = AsyncLine()
        try:
            return await story(line)
        finally:
            await line.close()

    async def blocking(story: Story) -> Any:
        with open_pool() as pool:
            return await story(pool.line)

    if request.param == "asynchronous":
        return lambda story: asyncio.run(asynchronously(story))
    return lambda story: run(blocking(story))


def to_disk(server: ByteServer, path: Path, *, parallel: int = 4) -> Story:
    async def story(line: Line) -> None:
        file = remote(server)
        part = PartFile(path, identity=FILE, size=SIZE)
        try:
            await part.take_up(line)

            async def renew() -> dict[str, Any]:
                return file.entry

            fetch = FileFetch(line, file, renew, Silent(), stop=threading.Event())
            missing = (i for i in range(len(SPANS)) if not part.holds(i))
            await fetch.learn_header()
            await fetch.run(ranges_of(missing, len(SPANS)), part, Pace(parallel))
            assert part.digest() == file.record.digest
            part.finish(replace=False)
        finally:
            part.close()

    return story


def test_it_arrives(told: Callable[[Story], Any], tmp_path: Path) -> None:
    with ByteServer(Store()) as server:
        told(to_disk(server, tmp_path / "f"))
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_line_that_is_cut_again_and_again_costs_less_than_a_segment_each_time(
    told: Callable[[Story], Any], tmp_path: Path
) -> None:
    """More cuts than there are attempts: each brought something, so none of them counts."""
    store = Store(lambda start, data: data[: SEGMENT_BYTES + 300_000])
    with ByteServer(store) as server:
        told(to_disk(server, tmp_path / "f", parallel=1))
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(store.ranges) > retries.ATTEMPTS
    starts = [start for start, _ in store.ranges[1:]]
    assert starts == sorted(starts)
    assert all(start % SEGMENT_BYTES == 0 for start in starts)


def test_a_line_that_brings_nothing_fails_in_the_end_and_the_rest_stays(
    told: Callable[[Story], Any], tmp_path: Path
) -> None:
    store = Store(lambda start, data: b"" if start >= 9 * SEGMENT_BYTES else data)
    with ByteServer(store) as server, pytest.raises(NetworkFailed):
        told(to_disk(server, tmp_path / "f", parallel=1))
    assert not (tmp_path / "f").exists()
    before = len(store.ranges)
    good = Store()
    with ByteServer(good) as server:
        told(to_disk(server, tmp_path / "f", parallel=1))
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert before > retries.ATTEMPTS
    assert all(start >= 8 * SEGMENT_BYTES for start, end in good.ranges if end > 40)


@pytest.mark.parametrize("at", [45, 5 * SEGMENT_BYTES, len(BLOB) - 1])
def test_a_flipped_bit_is_refused_and_nothing_of_its_segment_is_written(
    told: Callable[[Story], Any], tmp_path: Path, at: int
) -> None:
    def flip(start: int, data: bytes) -> bytes:
        if not start <= at < start + len(data):
            return data
        changed = bytearray(data)
        changed[at - start] ^= 1
        return bytes(changed)

    with ByteServer(Store(flip)) as server, pytest.raises(IntegrityFailed):
        told(to_disk(server, tmp_path / "f"))
    [written] = tmp_path.glob(".*.part")
    start, end = SPANS[at // SEGMENT_BYTES]
    assert not any(written.read_bytes()[start:end])


class Told:
    """What a source does for a stream."""

    def __init__(self, line: Line) -> None:
        self.account = type("Account", (), {"line": line})()

    async def renew(self, *_: object) -> dict[str, Any]:
        raise AssertionError("nothing ends here")


def to_stream(server: ByteServer, write: Callable[[bytes], object]) -> Story:
    async def story(line: Line) -> Any:
        async def written(data: memoryview) -> None:
            write(bytes(data))

        source: Any = Told(line)
        return await stream._Streaming(source, Session("dl"), remote(server), written, Silent()).run(Pace(4))

    return story


def test_a_stream_gets_it_in_order(told: Callable[[Story], Any]) -> None:
    out = io.BytesIO()
    with ByteServer(Store()) as server:
        result = told(to_stream(server, out.write))
    assert out.getvalue() == CONTENT
    assert (result.size, result.sha256) == (SIZE, hashlib.sha256(CONTENT).hexdigest())


def test_a_stream_gets_nothing_of_a_damaged_segment_nor_behind_it(told: Callable[[Story], Any]) -> None:
    out, at = io.BytesIO(), 12 * SEGMENT_BYTES + 9

    def flip(start: int, data: bytes) -> bytes:
        if not start <= at < start + len(data):
            return data
        return data[: at - start] + bytes([data[at - start] ^ 1]) + data[at - start + 1 :]

    with ByteServer(Store(flip)) as server, pytest.raises(IntegrityFailed):
        told(to_stream(server, out.write))
    assert CONTENT.startswith(out.getvalue())
    assert len(out.getvalue()) <= SPANS[12][0]


def test_a_stream_whose_reader_went_away_says_so(told: Callable[[Story], Any]) -> None:
    def gone(_: bytes) -> None:
        raise BrokenPipeError

    with ByteServer(Store()) as server, pytest.raises(BrokenPipeError):
        told(to_stream(server, gone))


def test_ranges_are_neighbours_and_never_too_long() -> None:
    assert list(ranges_of(iter([]), 5)) == []
    assert list(ranges_of(iter([0, 1, 2, 7]), 8)) == [(0, 3), (7, 8)]
    assert list(ranges_of(iter(range(20)), 20)) == [(0, 8), (8, 16), (16, 20)]
    assert {end - first for first, end in ranges_of(iter(range(1024)), 1024)} == {32}
    assert ciphertext_size(SIZE) == len(BLOB)
