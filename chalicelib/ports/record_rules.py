"""The limits of record_store that every adapter and the fake obey alike; pure functions, called before any I/O.

Programming mistakes (a bad key, a float, a key named twice) raise ``ValueError``; what data can cause raises ``Refused``.
A transaction holds at most 4,000,000 bytes (DynamoDB's own limit is 4 MB), an event 250,000 (SNS takes 256 KiB with its envelope).
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final

from chalicelib.domain.errors import Refused
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import ABSENT, ANY, MAX_OPERATIONS, MAX_RECORD_BYTES, Check, Key, Operation, Put

MAX_KEY_BYTES: Final = 1_024
BYTES_AN_OPERATION: Final = 40_000
MAX_EVENT_BYTES: Final = 250_000
MAX_PAGE_BYTES: Final = 1_000_000
_OWNED = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]#")


def check_key(key: Key) -> None:
    """Raises ValueError unless both parts are 1 to 1,024 bytes without NUL and ``pk`` begins with its owner and '#'."""
    for part in key:
        if not part or "\0" in part or len(part.encode()) > MAX_KEY_BYTES:
            raise ValueError("Each part of a key has 1 to 1,024 bytes of UTF-8 without NUL.")
    if not _OWNED.match(key.pk):
        raise ValueError("A pk begins with its tenant (or one of the reserved words) and '#'.")


def body_text(body: Any) -> str:
    """The JSON text that is stored. Raises ValueError for what would come back changed: floats, tuples, keys that are no strings."""
    text = _encode(body, ascii_only=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: kept as an escape, which every store takes
        text = _encode(body, ascii_only=True)
    if parse_body(text) != body:
        raise ValueError("A body is made of dicts with string keys, lists, strings, integers, booleans and None.")
    return text


def _encode(body: Any, *, ascii_only: bool) -> str:
    return json.dumps(dict(body), ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))


def parse_body(text: str) -> dict[str, Any]:
    """The body of a stored text; a fresh object each time."""
    body: dict[str, Any]
    body, end = _DECODER.raw_decode(text)  # decode() looks for white space around, which body_text never writes
    if end != len(text):
        raise ValueError("A stored body is one JSON document.")
    return body


def _no_float(_: str) -> Any:
    raise ValueError("A body holds no floats.")


_DECODER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)


def record_bytes(key: Key, text: str) -> int:
    """What a record counts: its key and its JSON text in UTF-8."""
    return len(key.pk.encode()) + len(key.sk.encode()) + len(text.encode())


def check_transaction(
    operations: Sequence[Operation], events: Sequence[Event] = (), *, most: int = MAX_OPERATIONS
) -> list[str | None]:
    """The JSON text of each Put (None for others). Raises ValueError or Refused before anything is written."""
    if not operations or len(operations) + len(events) > most:
        raise Refused(
            "transaction_too_large", f"A transaction takes 1 to {most} operations, each event counting as one."
        )
    if len({operation.key for operation in operations}) < len(operations) or len({e.id for e in events}) < len(events):
        raise ValueError("A transaction names each key and each event once.")
    texts = [_checked(operation) for operation in operations]
    total = sum(record_bytes(o.key, t) for o, t in zip(operations, texts, strict=True) if t is not None)
    room = most * BYTES_AN_OPERATION
    if total + sum(_event_bytes(event) for event in events) > room:
        raise Refused("transaction_too_large", f"The records of one transaction have at most {room:,} bytes together.")
    return texts


def _checked(operation: Operation) -> str | None:
    check_key(operation.key)
    if isinstance(operation, Check) and operation.expect == ANY:
        raise ValueError("A Check expects ABSENT or a version.")
    if isinstance(operation.expect, str) and operation.expect not in (ABSENT, ANY):
        raise ValueError("An expectation is ABSENT, ANY or a version.")
    if not isinstance(operation, Put):
        return None
    text = body_text(operation.body)
    if record_bytes(operation.key, text) > MAX_RECORD_BYTES:
        raise Refused("record_too_large", "A record with its key has at most 390,000 bytes.")
    return text


def _event_bytes(event: Event) -> int:
    size = len(event_to_json(event).encode())
    if size > MAX_EVENT_BYTES:
        raise Refused("event_too_large", "An event has at most 250,000 bytes with its sealed parts.")
    return size


def check_query(limit: int) -> None:
    """Raises ValueError unless ``limit`` is 1 to 1,000."""
    if not 1 <= limit <= 1_000:
        raise ValueError("A query's limit is 1 to 1,000.")


def encode_cursor(pk: str, prefix: str, sk: str, *, reverse: bool) -> str:
    """A cursor that continues after ``sk`` and is bound to its query by a digest; base64url without padding."""
    return base64.urlsafe_b64encode(_binding(pk, prefix, sk, reverse=reverse) + sk.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, pk: str, prefix: str, *, reverse: bool) -> str:
    """The last ``sk`` seen. Raises Refused("cursor_invalid") for a cursor of another query or a changed one."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        sk = raw[8:].decode()
    except (ValueError, TypeError):
        raise _cursor_invalid() from None
    if raw[:8] != _binding(pk, prefix, sk, reverse=reverse) or cursor != encode_cursor(pk, prefix, sk, reverse=reverse):
        raise _cursor_invalid()
    return sk


def _cursor_invalid() -> Refused:
    return Refused("cursor_invalid", "This cursor was not made by this list; begin at its first page.")


def _binding(pk: str, prefix: str, sk: str, *, reverse: bool) -> bytes:
    # Not a secret: it finds mistakes. A cursor gives no right, because pk comes from the caller's own tenant.
    return hashlib.blake2b(json.dumps([pk, prefix, sk, reverse]).encode(), digest_size=8).digest()
