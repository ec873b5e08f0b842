"""Ranges, schedules, client addresses, log lines, slices of files, children of the supervisor."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.api import request_scope
from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.ports.byte_path import FileSlice
from chalicelib.settings import Settings
from onprem.runtime.client_address import ClientAddress
from onprem.runtime.consumer import LONGEST_DELAY_MS, retry_delay_ms
from onprem.runtime.file_reading import SliceReader
from onprem.runtime.logs import JSONFormatter
from onprem.runtime.ranges import requested_range
from onprem.runtime.schedule_expression import next_moment
from onprem.runtime.supervisor import planned_children


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=2-99", (2, 10)),
        ("", None),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_a_range_is_read_as_rfc_9110_says(text: str, span: tuple[int, int] | None) -> None:
    assert requested_range(text, 10) == span


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_outside_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="range_wrong"):
        requested_range(text, 10)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("expression", "after", "due"),
    [
        ("rate(1 minute)", "2026-01-01T00:00:30", "2026-01-01T00:01:00"),
        ("rate(2 hours)", "2026-01-01T00:00:00", "2026-01-01T02:00:00"),
        ("rate(1 day)", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
        ("cron(5 1 * * ? *)", "2026-01-01T01:05:00", "2026-01-02T01:05:00"),
        ("cron(0/15 * * * ? *)", "2026-01-01T01:05:10", "2026-01-01T01:15:00"),
        ("cron(0 9 ? * MON-FRI *)", "2026-01-02T10:00:00", "2026-01-05T09:00:00"),
        ("cron(0 0 1 1,7 ? *)", "2026-01-01T00:00:00", "2026-07-01T00:00:00"),
        ("cron(30 12 31 DEC ? 2026)", "2026-01-01T00:00:00", "2026-12-31T12:30:00"),
    ],
)
def test_a_schedule_is_due_when_eventbridge_says(expression: str, after: str, due: str) -> None:
    assert next_moment(expression)(at(after)) == at(due)


@pytest.mark.parametrize("expression", ["rate(1 week)", "every minute", "cron(* * *)", "cron(99 * * * ? *)"])
def test_other_expressions_are_mistakes(expression: str) -> None:
    with pytest.raises(ValueError, match=r"rate|outside"):
        next_moment(expression)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        # A proxy may add a line of its own (HAProxy does): what the caller sent stands in the lines before.
        ("10.0.0.1", "6.6.6.6\n203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 7.7.7.7\n203.0.113.9\n10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6\ngarbage", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6\n", "10.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_from_trusted_proxies_only(peer: str, forwarded: str, address: str) -> None:
    lines = forwarded.split("\n") if forwarded else []
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", line.encode()) for line in lines]}
    assert ClientAddress(["10.0.0.0/8"]).of(scope) == address


def test_a_log_line_is_one_json_object_with_the_request_id() -> None:
    record = logging.getLogger("x").makeRecord(
        "x", logging.INFO, "f", 1, "line\nbreak %s", ("a",), None, extra={"route": "/v1"}
    )
    token = request_scope.request_id.set("req-12345")
    try:
        text = JSONFormatter().format(record)
    finally:
        request_scope.request_id.reset(token)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["message"], line["route"], line["request_id"], line["level"]) == (
        "line\nbreak a",
        "/v1",
        "req-12345",
        "info",
    )


def test_a_logged_exception_does_not_quote_its_text() -> None:
    try:
        raise ValueError("hunter2")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    line = JSONFormatter().format(logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "failed", (), info))
    assert "hunter2" not in line
    assert json.loads(line)["exception"] == "ValueError"


def slices(folder: Path, *pieces: tuple[bytes, int, int]) -> list[FileSlice]:
    made = []
    for number, (content, offset, length) in enumerate(pieces):
        path = folder / str(number)
        path.write_bytes(content)
        made.append(FileSlice(str(path), offset, length))
    return made


def everything(reader: SliceReader, size: int) -> bytes:
    parts: list[bytes] = []
    while True:
        chunk = reader.at_once(size)
        if chunk is None:
            chunk = reader.read(size)
        if not chunk:
            return b"".join(parts)
        assert len(chunk) <= size
        parts.append(bytes(chunk))


@pytest.mark.parametrize("size", [1, 3, 100])
def test_slices_are_read_in_order(tmp_path: Path, size: int) -> None:
    reader = SliceReader(slices(tmp_path, (b"abcdef", 2, 3), (b"", 0, 0), (b"ghi", 0, 3)))
    assert everything(reader, size) == b"cdeghi"
    reader.close()
    reader.close()


def test_a_file_that_is_gone_or_short_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        SliceReader([FileSlice(str(tmp_path / "absent"), 0, 1)])
    reader = SliceReader(slices(tmp_path, (b"ab", 0, 3)))
    with pytest.raises(StoreAway):
        everything(reader, 10)
    reader.close()


@pytest.mark.parametrize(
    ("settings", "roles"),
    [
        (Settings(processes=2), [("api", "bytes"), ("api", "bytes"), ("worker",)]),
        (Settings(processes=2, roles=("worker",)), [("worker",)]),
        (Settings(workers=2), [("api", "bytes"), ("worker",), ("worker",)]),
        (Settings(processes=2, roles=("bytes",)), [("bytes",), ("bytes",)]),
    ],
)
def test_children_follow_roles(settings: Settings, roles: list[tuple[str, ...]]) -> None:
    assert [child.roles for child in planned_children(settings, None)] == roles


def test_retries_wait_longer_each_time_and_end_at_a_quarter_of_an_hour() -> None:
    for attempt in range(1, 60):
        least = min(LONGEST_DELAY_MS, 1000 * 2 ** (attempt - 1))
        assert least <= retry_delay_ms(attempt) <= least * 1.5
