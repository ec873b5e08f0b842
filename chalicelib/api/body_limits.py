"""What a JSON body may weigh and how deep it may nest, judged before anything decodes it."""

import re
from typing import Final

from chalicelib.domain.errors import Refused

MAX_BODY_BYTES: Final = 5_000_000
# Of routes that ask nobody to sign in: the longest is a form or an assertion, and a megabyte takes a tenth of a second to judge.
MAX_OPEN_BODY_BYTES: Final = 65_536
MAX_DEPTH: Final = 32

# A string without an end goes to the end of the body, and nothing is given back once it was taken: otherwise each quotation mark
# of a body that never closes one would begin a search to its end, and 32 KB would take ten seconds.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACES = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(value for value in range(256) if value not in b"[]")


def check_size(size: int, *, limit: int = MAX_BODY_BYTES) -> None:
    """Raises Refused("body_too_large") from ``limit`` bytes on."""
    if size >= limit:
        raise Refused("body_too_large", f"A body has less than {limit} bytes here.")


def check_depth(body: bytes) -> None:
    """Raises Refused("body_too_deep") where arrays and objects nest beyond 32 levels.

    Each round takes the innermost pair of every branch away, so a well-formed document of depth d is empty after d rounds. What is left
    of a malformed one is the decoder's business, unless it is only openings: those are what would exhaust a parser's stack.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    brackets = _STRINGS.sub(b"", body).translate(_BRACES).translate(None, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        if b"[" not in brackets:
            return
        brackets = brackets.replace(b"[]", b"")
    if b"[" in brackets:
        raise Refused("body_too_deep", f"The body nests deeper than {MAX_DEPTH} levels.")
