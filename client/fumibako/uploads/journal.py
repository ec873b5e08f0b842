"""The resume record: what an upload has promised about its bytes, kept durable before any of them leaves.

One header, one plaintext (spec/format.md): before the first byte of a part leaves, header and the SHA-256 of each of the part's
plaintext segments are on disk. Before a part is sent again they are compared; on a difference or a missing record the file may not
go on under this header. JSON lines, one fsync a part, held under an exclusive lock, readable by the owner alone (it holds the key).
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fumibako.credentials import state_folder
from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.uploads.local_files import LocalFile


def fingerprint(url: str, local: Sequence[LocalFile], options: dict[str, Any]) -> str:
    """Names one upload: the same command over the same files gives the same."""
    facts = [url, [[str(f.path), f.name, f.size] for f in local], sorted((k, repr(v)) for k, v in options.items())]
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Journal:
    """``created`` is the server's answer to create (None before it), ``headers`` and ``digests`` what was promised so far."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._lock = threading.Lock()
        self._open = True
        self._descriptor = _locked(path)
        self.start: dict[str, Any] | None = None
        self.created: list[dict[str, Any]] = []
        self.slots: dict[str, Any] | None = None
        self.headers: dict[str, bytes] = {}
        self.digests: dict[str, dict[int, bytes]] = {}
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
            for line in lines:
                self._take(line)
        except (ValueError, KeyError, TypeError):
            # A damaged disk: what was promised is not known any more, so nothing may go on under it.
            self.start, self.created, self.slots, self.headers, self.digests = None, [], None, {}, {}
            whole = b""
        # A line cut short by a crash was never followed by a byte on the wire: drop it.
        os.ftruncate(self._descriptor, len(whole))

    def _take(self, line: dict[str, Any]) -> None:
        if line["k"] == "start":
            self.start = line
        elif line["k"] == "created":
            self.created.append(line["answer"])
        elif line["k"] == "header":
            self.headers[line["file"]] = bytes.fromhex(line["header"])
        elif line["k"] == "slots":
            self.slots = line
        else:
            known = self.digests.setdefault(line["file"], {})
            known.update({line["first"] + i: bytes.fromhex(d) for i, d in enumerate(line["digests"])})

    def write(self, *lines: dict[str, Any]) -> None:
        """Append and make durable; returns only when the lines would survive a power cut."""
        with self._lock:
            if not self._open:
                raise RuntimeError("the journal is closed")
            _write_all(self._descriptor, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            os.fsync(self._descriptor)
            for line in lines:
                self._take(line)

    def promise(self, file_id: str, first: int, digests: Sequence[bytes]) -> None:
        """Record segments ``first``... of a file, or compare with what was recorded. Raises UsageError("file_changed")."""
        self.promise_all([(file_id, first, digests)])

    def promise_all(self, segments: Sequence[tuple[str, int, Sequence[bytes]]]) -> None:
        """``promise`` for several files with one fsync (packs)."""
        new = []
        for file_id, first, digests in segments:
            known = self.digests.get(file_id, {})
            recorded = [known.get(first + i) for i in range(len(digests))]
            if any(old is not None and old != new_one for old, new_one in zip(recorded, digests, strict=True)):
                raise UsageError("file_changed", text("file_changed_resume"), text("file_changed_hint"))
            if None in recorded:
                new.append({"k": "part", "file": file_id, "first": first, "digests": [d.hex() for d in digests]})
        if new:
            self.write(*new)

    def close(self) -> None:
        """Let another run take it up."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._descriptor)

    def finish(self) -> None:
        """The upload is complete or given up: nothing is left to resume."""
        self._path.unlink(missing_ok=True)
        self.close()


def _locked(path: Path) -> int:
    """The record, opened and locked. Raises UsageError("upload_running")."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The run that held it may have finished and removed it between the two calls: then this is the file of nobody.
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise UsageError("upload_running", text("upload_running"), text("upload_running_hint")) from None
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def journal_path(name: str) -> Path:
    """Where the record of an upload lies."""
    return state_folder() / "uploads" / f"{name}.jsonl"
