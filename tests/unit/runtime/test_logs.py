import io
import json
import logging
import threading
import time
from collections.abc import Iterator

import pytest

from onprem.runtime.logs import BatchedHandler, JSONFormatter


class Written(io.StringIO):
    """A stream that counts its writes and says when one came."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.came = threading.Event()

    def write(self, text: str) -> int:
        self.writes += 1
        written = super().write(text)
        self.came.set()
        return written

    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self.getvalue().splitlines()]


@pytest.fixture
def logged() -> Iterator[tuple[logging.Logger, Written]]:
    stream = Written()
    handler = BatchedHandler(stream)
    handler.setFormatter(JSONFormatter())
    logger = logging.getLogger("fumibako.test.batched")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.handlers[:] = [handler]
    yield logger, stream
    logger.handlers[:] = []
    handler.close()


def test_lines_of_one_moment_are_one_write(logged: tuple[logging.Logger, Written]) -> None:
    logger, stream = logged
    for number in range(50):
        logger.info("line %d", number)
    assert stream.came.wait(10)
    logger.handlers[0].flush()
    assert stream.messages() == [f"line {number}" for number in range(50)]
    assert stream.writes <= 3


def test_a_warning_is_written_at_once_and_in_its_place(logged: tuple[logging.Logger, Written]) -> None:
    logger, stream = logged
    logger.info("before")
    logger.warning("now")
    assert stream.messages()[-2:] == ["before", "now"]


def test_what_waits_at_the_end_is_written(logged: tuple[logging.Logger, Written]) -> None:
    logger, stream = logged
    logger.info("last")
    logger.handlers[0].close()
    assert stream.messages() == ["last"]


def test_threads_lose_no_line(logged: tuple[logging.Logger, Written]) -> None:
    logger, stream = logged
    threads = [threading.Thread(target=lambda: [logger.info("line") for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logger.handlers[0].flush()
    assert len(stream.messages()) == 2_000


def test_a_stream_that_is_gone_ends_nothing(logged: tuple[logging.Logger, Written]) -> None:
    logger, stream = logged
    stream.close()
    logger.error("nobody hears it")


def test_the_time_is_that_of_the_line(logged: tuple[logging.Logger, Written]) -> None:
    logger, stream = logged
    before = time.time()
    logger.error("now")
    line = json.loads(stream.getvalue())
    assert line["time"].endswith("Z")
    assert abs(before - time.mktime(time.strptime(line["time"][:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone) < 60
