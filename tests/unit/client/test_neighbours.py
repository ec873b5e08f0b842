"""Which files one range brings, and what comes out of it."""

import io
import os
from collections.abc import Sequence

import pytest
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.neighbours import RUN_BYTES, RunSink, may_join, runs_of
from fumibako.errors import IntegrityFailed

from fumibako_format.keys import associated_data
from fumibako_format.record import FileRecord
from fumibako_format.streaming import SEGMENT_BYTES, Header, ciphertext_size, seal_stream
from tests.unit.client.test_sealing import TRANSFER

KEY = b"k" * 32


def remote(number: int, offset: int, size: int, url: str = "a") -> RemoteFile:
    name = f"fi_{number:026}"
    entry = {"id": name, "url": url, "offset": offset, "length": ciphertext_size(size)}
    return RemoteFile(entry, FileRecord(f"{number}", "", size, None), KEY, associated_data(TRANSFER, name))


def pack(sizes: Sequence[int]) -> tuple[list[RemoteFile], bytes, list[bytes]]:
    files, contents, out = [], [], io.BytesIO()
    for number, size in enumerate(sizes):
        file = remote(number, out.tell(), size)
        content = os.urandom(size)
        seal_stream(io.BytesIO(content).read, out.write, key=KEY, aad=file.aad, header=Header.generate(os.urandom))
        files.append(file)
        contents.append(content)
    return files, out.getvalue(), contents


def places(files: Sequence[RemoteFile]) -> list[tuple[int, int]]:
    return [(run.start, run.stop) for run in runs_of(files)]


def test_neighbours_end_where_the_next_one_does_not_begin() -> None:
    step = ciphertext_size(10)
    files = [remote(n, n * step, 10) for n in range(6)]
    assert places(files) == [(0, 6)]
    assert places([files[0], files[1], files[3], files[4]]) == [(0, 2), (2, 4)]
    assert places([files[1], files[0]]) == [(0, 1), (1, 2)]
    assert places([files[0], remote(7, step, 10, url="b")]) == [(0, 1), (1, 2)]
    assert places([]) == []


def test_no_run_is_longer_than_its_buffer() -> None:
    size = SEGMENT_BYTES // 2
    files = [remote(n, n * ciphertext_size(size), size) for n in range(7)]
    for start, stop in places(files):
        assert sum(int(one.entry["length"]) for one in files[start:stop]) <= RUN_BYTES
    assert places(files) == [(0, 3), (3, 6), (6, 7)]


def test_what_is_more_than_a_segment_comes_by_itself() -> None:
    assert may_join(remote(0, 0, 0))
    assert may_join(remote(0, 0, SEGMENT_BYTES - 56))
    assert not may_join(remote(0, 0, SEGMENT_BYTES - 55))


@pytest.mark.parametrize("step", [1, 999, 1 << 20])
def test_a_cut_run_goes_on_with_the_file_that_is_not_whole(step: int) -> None:
    files, blob, contents = pack([10, 0, 2048, 1])
    came: list[tuple[str, bytes]] = []
    sink = RunSink(files, lambda file, data: came.append((file.id, bytes(data))))
    asked = []
    for end in (150, 151, len(blob)):
        at, stop = sink.bytes_left()
        asked.append(at)
        while at < min(end, stop):
            count = min(step, len(sink.space()), end - at)
            sink.space()[:count] = blob[at : at + count]
            sink.advance(count)
            at += count
    sink.release()
    second = ciphertext_size(10) + ciphertext_size(0)
    assert asked == [0, second, second]
    assert came == [(file.id, content) for file, content in zip(files, contents, strict=True)]


def test_a_changed_bit_gives_nothing_of_its_file() -> None:
    files, blob, contents = pack([10, 2048, 1])
    spoiled = bytearray(blob)
    spoiled[500] ^= 1
    came: list[bytes] = []
    sink = RunSink(files, lambda _, data: came.append(bytes(data)))
    sink.bytes_left()
    sink.space()[:] = spoiled
    with pytest.raises(IntegrityFailed):
        sink.advance(len(spoiled))
    sink.release()
    assert came == contents[:1]
