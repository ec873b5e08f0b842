"""What the server promised, written down as it passes the line: the log that the judge goes by (tests/faults/acknowledged.py).

A line is written after the server's answer was read whole and before any of it goes on to the client. So whatever a client can have been
told stands in the log, and some that it never heard: the server must keep these too.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.faults.line.acts import Exchange

_CREATE = "/transfers/v1/transfers"
_TRANSFER = re.compile(r"/(tr_[0-9a-z]{26})(/|$)")


class Promises:
    """``Line(promise=Promises(log))``."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def __call__(self, exchange: Exchange) -> None:
        if not 200 <= exchange.status < 300:
            return
        path = urlsplit(exchange.path).path
        match = _TRANSFER.search(path)
        transfer = match[1] if match else ""
        if exchange.is_bytes and exchange.method == "PUT":
            self._part(exchange, transfer)
        elif (exchange.method, path) == ("POST", _CREATE):
            self._note("created", transfer=json.loads(exchange.answer)["id"])
        elif exchange.method == "POST" and path.endswith("/files/complete"):
            files = [one["id"] for one in json.loads(exchange.answer)["files"]]
            self._note("stored", transfer=transfer, files=files)
        elif exchange.method == "POST" and transfer and path == f"{_CREATE}/{transfer}/complete":
            self._note("completed", transfer=transfer)
        elif exchange.method == "DELETE" and path == f"{_CREATE}/{transfer}":
            self._note("recalled", transfer=transfer)

    def _part(self, exchange: Exchange, transfer: str) -> None:
        parts = urlsplit(exchange.path)
        number, blob, etag = int(parse_qs(parts.query)["n"][0]), parts.path.rpartition("/")[2], exchange.headers["etag"]
        # The first 40 bytes of a file are its header; ciphertext follows.
        facts = {"sha256": exchange.sha256, "piece": exchange.piece[-64:].hex(), "size": exchange.length}
        self._note("part", transfer=transfer, blob=blob, part=number, etag=etag, **facts)

    def _note(self, what: str, **facts: Any) -> None:
        """One line by one write, though others append at the same time."""
        line = json.dumps({"what": what, **facts}).encode() + b"\n"
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(log, line)
        finally:
            os.close(log)
