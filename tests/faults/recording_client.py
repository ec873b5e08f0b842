"""The command line, writing down what the server acknowledged: ``python -m tests.faults.recording_client send ...``.

The log is what the judge goes by. A line is written after the answer arrived and before anything is built on it, so whatever stands in
it was promised. FAULT_ACKS names the file, FAULT_PART_SIZE the size of parts to ask for.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fumibako import http
from fumibako.cli import main
from fumibako.uploads import part_sender, send

_TRANSFER = re.compile(r"tr_[0-9a-z]{26}")


def note(what: str, **facts: Any) -> None:
    """One line, by one write to a file opened for appending: a kill leaves no half of it."""
    line = json.dumps({"what": what, **facts}).encode() + b"\n"
    log = os.open(os.environ["FAULT_ACKS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(log, line)
    finally:
        os.close(log)


class _Seen:
    """Hashes a body on its way."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self._sha256 = hashlib.sha256()
        self.head = b""

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            self._sha256.update(chunk)
            if len(self.head) < 64:
                self.head = (self.head + chunk[:128])[:128]
            yield chunk

    def facts(self) -> dict[str, str]:
        # The first 40 bytes of a file are its header; ciphertext follows.
        return {"sha256": self._sha256.hexdigest(), "piece": self.head[-64:].hex()}


def recorded_put(pool: Any, upload: dict[str, Any], body: Iterable[bytes], size: int) -> str:
    seen = _Seen(body)
    etag = _put_part(pool, upload, seen, size)
    match = _TRANSFER.search(upload["url"])
    assert match is not None
    note("part", transfer=match[0], blob=upload["blob"], part=upload["part"], size=size, etag=etag, **seen.facts())
    return etag


def recorded_call(self: http.Api, method: str, path: str, **how: Any) -> dict[str, Any]:
    answer = _call(self, method, path, **how)
    match = _TRANSFER.search(path)
    if method == "POST" and path == "/transfers/v1/transfers":
        note("created", transfer=answer["id"])
    elif method == "POST" and match and path.endswith("/files/complete"):
        note("stored", transfer=match[0], files=[one["id"] for one in answer["files"]])
    elif method == "POST" and match and path.endswith("/complete") and "/downloads/" not in path:
        note("completed", transfer=match[0])
    elif method == "DELETE" and match:
        note("recalled", transfer=match[0])
    return answer


def asked_part_size(wanted: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    """Ask for small parts of files that are larger than one of them."""
    size = int(os.environ.get("FAULT_PART_SIZE", "0"))

    def small(upload: Any, at: int) -> list[dict[str, Any]]:
        return [{**one, "part_size": size} if size and one["size"] > size else one for one in wanted(upload, at)]

    return small


_put_part = http.put_part
_call = http.Api.call

if __name__ == "__main__":
    part_sender.put_part = recorded_put  # type: ignore[attr-defined]
    http.Api.call = recorded_call  # type: ignore[method-assign]
    send._wanted = asked_part_size(send._wanted)
    sys.exit(main())
