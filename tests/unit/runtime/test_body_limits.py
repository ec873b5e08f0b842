import json
import time

import pytest

from chalicelib.api.body_limits import MAX_BODY_BYTES, check_depth, check_size
from chalicelib.domain.errors import Refused


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("body", [b"", nested(32), b'{"a":' * 32 + b"1" + b"}" * 32, b"[" + b"[],{}," * 999 + b"1]"])
def test_up_to_32_levels_pass(body: bytes) -> None:
    check_depth(body)


@pytest.mark.parametrize(
    "body", [nested(33), b'{"a":' * 33 + b"1" + b"}" * 33, b"[" * 100_000, b"[" + nested(32) + b",1]"]
)
def test_deeper_ones_are_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="body_too_deep"):
        check_depth(body)


def test_brackets_in_strings_don_t_count() -> None:
    check_depth(json.dumps(["[" * 100, '"[[' * 100, "\\", "[" * 50]).encode())


@pytest.mark.parametrize(
    "body",
    [b"[" * 40 + b'"' + b'\\"' * 200_000, b"[" * 40 + b'"' * 400_001, b"[" * 40 + b'"\\' * 200_000 + b"\\"],
    ids=["escaped marks", "marks", "escapes"],
)
def test_a_string_without_an_end_is_looked_at_once(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Refused, match="body_too_deep"):
        check_depth(body)
    assert time.process_time() - began < 0.5


def test_brackets_of_a_string_without_an_end_dont_count() -> None:
    check_depth(b'"' + b"[" * 99)
    check_depth(b'"' + b"[" * 99 + b"\\")


def test_the_size_ends_below_five_million() -> None:
    check_size(MAX_BODY_BYTES - 1)
    with pytest.raises(Refused, match="body_too_large"):
        check_size(MAX_BODY_BYTES)
    check_size(99, limit=100)
    with pytest.raises(Refused, match="body_too_large"):
        check_size(100, limit=100)
