"""The resume record: what an upload has promised about its bytes, kept durable before any of them leaves.

One header, one plaintext (spec/format.md): before the first byte of a part leaves, header and the SHA-256 of each of the part's
plaintext segments are on disk. Before a part is sent again they are compared; on a difference or a missing record the file may not
go on under this header. JSON lines, held under an exclusive lock, readable by the owner alone (it holds the key). Digests stay on the
disk, only where each line lies is remembered, so that memory does not grow with the file; parts that end together share an fsync.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fumibako.credentials import state_folder
from fumibako.disk.durable import sync_data
from fumibako.disk.locking import locked_file
from fumibako.disk.positioned import read_into
from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.uploads.local_files import LocalFile


def fingerprint(url: str, local: Sequence[LocalFile], options: dict[str, Any]) -> str:
    """Names one upload: the same command over the same files gives the same."""
    facts = [url, [[str(f.path), f.name, f.size] for f in local], sorted((k, repr(v)) for k, v in options.items())]
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def file_changed() -> UsageError:
    """The bytes are not those that were promised."""
    return UsageError("file_changed", text("file_changed_resume"), text("file_changed_hint"))


class Journal:
    """``created`` are the server's answers to create (none before it), ``headers`` what was drawn for each file.

    ``done`` is set once the server has taken the whole upload. Raises UsageError("upload_running").
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        self._open = True
        descriptor = locked_file(path)
        if descriptor is None:
            raise UsageError("upload_running", text("upload_running"), text("upload_running_hint"))
        self._descriptor = descriptor
        self._forget()
        try:
            self._end = self._load()
        except (ValueError, KeyError, TypeError):
            # A damaged disk: what was promised is not known any more, so nothing may go on under it.
            self._forget()
            self._end = 0
        # A line cut short by a crash was never followed by a byte on the wire: drop it.
        os.ftruncate(self._descriptor, self._end)
        self._synced = self._end

    def _forget(self) -> None:
        self.start: dict[str, Any] | None = None
        self.created: list[dict[str, Any]] = []
        self.slots: dict[str, Any] | None = None
        self.done: dict[str, Any] | None = None
        self.headers: dict[str, bytes] = {}
        # File -> first segment of a promise -> where its line lies and how long it is; a single digest is no larger than that and stays itself.
        self._places: dict[str, dict[int, tuple[int, int] | bytes]] = {}

    def _load(self) -> int:
        at = 0
        with self._path.open("rb") as stream:
            for data in stream:
                if not data.endswith(b"\n"):
                    break
                self._take(json.loads(data), at, len(data))
                at += len(data)
        return at

    def _take(self, line: dict[str, Any], at: int, length: int) -> None:
        match line["k"]:
            case "start":
                self.start = line
            case "created":
                self.created.append(line["answer"])
            case "header":
                self.headers[line["file"]] = bytes.fromhex(line["header"])
            case "slots":
                self.slots = line
            case "done":
                self.done = line
            case _:
                digests = line["digests"]
                place = bytes.fromhex(digests[0]) if len(digests) == 1 else (at, length)
                self._places.setdefault(line["file"], {})[int(line["first"])] = place

    def write(self, *lines: dict[str, Any]) -> None:
        """Append and make durable; returns only when the lines would survive a power cut."""
        with self._lock:
            if not self._open:
                raise RuntimeError("the journal is closed")
            encoded = [json.dumps(line).encode() + b"\n" for line in lines]
            _write_all(self._descriptor, b"".join(encoded))
            for line, data in zip(lines, encoded, strict=True):
                self._take(line, self._end, len(data))
                self._end += len(data)
            mine = self._end
        self._sync(mine)

    def _sync(self, needed: int) -> None:
        with self._syncing:
            if self._synced >= needed:  # somebody else's fsync took this line along
                return
            with self._lock:
                end = self._end
            sync_data(self._descriptor)
            self._synced = end

    def promise(self, file_id: str, first: int, digests: Sequence[bytes]) -> None:
        """Record segments ``first``... of a file, or compare with what was recorded. Raises UsageError("file_changed")."""
        self.promise_all([(file_id, first, digests)])

    def promise_all(self, segments: Sequence[tuple[str, int, Sequence[bytes]]]) -> None:
        """``promise`` for several files with one fsync (packs)."""
        new = []
        for file_id, first, digests in segments:
            recorded = self.recorded(file_id, first)
            if recorded is None:
                new.append({"k": "part", "file": file_id, "first": first, "digests": [d.hex() for d in digests]})
            elif recorded != list(digests):
                raise file_changed()
        if new:
            self.write(*new)

    def recorded(self, file_id: str, first: int) -> list[bytes] | None:
        """The digests that were promised from segment ``first`` on; None where nothing was."""
        place = self._places.get(file_id, {}).get(first)
        if place is None:
            return None
        if isinstance(place, bytes):
            return [place]
        data = bytearray(place[1])
        read_into(self._descriptor, memoryview(data), place[0])
        return [bytes.fromhex(digest) for digest in json.loads(data)["digests"]]

    def promises(self, file_id: str) -> list[int]:
        """The first segments of what was promised of a file so far, in order."""
        return sorted(self._places.get(file_id, {}))

    def digests(self, file_id: str) -> Iterator[bytes]:
        """The digests of a file whose every segment was promised, in order."""
        for first in self.promises(file_id):
            yield from self.recorded(file_id, first) or []

    def restart(self) -> None:
        """Forget everything, and keep the lock."""
        with self._lock:
            os.ftruncate(self._descriptor, 0)
            self._forget()
            self._end = self._synced = 0

    def close(self) -> None:
        """Let another run take it up."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._descriptor)

    def finish(self) -> None:
        """The upload is complete or given up: nothing is left to resume."""
        if os.name == "nt":  # no open file can be removed there
            self.close()
        self._path.unlink(missing_ok=True)
        self.close()


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def journal_path(name: str) -> Path:
    """Where the record of an upload lies."""
    return state_folder() / "uploads" / f"{name}.jsonl"
