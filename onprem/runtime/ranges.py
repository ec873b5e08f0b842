"""Byte ranges (RFC 9110 14.1.2): one range of one blob, half-open."""

import re
from typing import Final

from chalicelib.domain.errors import Refused

_ONE_RANGE: Final = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*\Z")


def requested_range(text: str, size: int) -> tuple[int, int] | None:
    """(start, end) of a Range header, or None where the whole is to be sent: no header, another unit, several ranges, not well-formed.

    Raises Refused("range_wrong") where no byte of the blob lies in it.
    """
    found = _ONE_RANGE.match(text)
    if not found or not (found.group(1) or found.group(2)):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start = int(first)
        end = min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise Refused("range_wrong", "The blob has no such bytes.")
    return start, end
