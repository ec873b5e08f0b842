"""An upload that another program began and handed over as a file (spec/resume.md), taken into a journal of this computer."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.uploads.journal import Journal, journal_path
from fumibako.uploads.local_files import LocalFile
from fumibako_format.base64url import decode
from fumibako_format.errors import FormatError
from fumibako_format.names import check_name

MARK: Final = {"k": "fumibako-upload", "v": 1}
# 10,000 files of 5 TiB have about as many digests as this holds.
_MOST_BYTES: Final = 2 << 30


@dataclass(frozen=True)
class HandedOver:
    """``files``: name and size of each, in the record's order. ``lines`` are those of a journal (fumibako.uploads.journal)."""

    origin: str
    transfer_class: str
    fields: dict[str, Any]
    files: tuple[tuple[str, int], ...]
    lines: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        """Of the journal: the same for each run with the same file."""
        return hashlib.sha256(str(self.lines[0]["key"]).encode()).hexdigest()[:32]

    @property
    def knows_ways(self) -> bool:
        """Whether the ways into the transfer are made, so that no passphrase is asked for."""
        return any(line["k"] == "slots" for line in self.lines)


def read_record(path: Path) -> HandedOver:
    """The record of a file. Raises UsageError("record_wrong") for anything else, and where nothing was created yet."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _wrong()
        mark, start, *rest = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if mark != MARK or start["k"] != "start" or start["v"] != 1:
            raise _wrong()
        key = start["transfer_key"]
        first = {"k": "start", "key": str(start["key"]), "transfer_key": None if key is None else decode(key).hex()}
        lines = (first, *(line for one in rest for line in _lines_of(one)))
        if not any(line["k"] == "created" for line in lines):
            raise _wrong()
        files = tuple((check_name(one["name"]), int(one["size"])) for one in start["files"])
        return HandedOver(str(start["origin"]), str(start["class"]), dict(start["fields"]), files, lines)
    except (FormatError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _wrong() from error


def _lines_of(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match one["k"]:
        case "created":
            yield {"k": "created", "answer": one["answer"]}
            for file, header in one["headers"].items():
                yield {"k": "header", "file": file, "header": decode(header).hex()}
        case "ways":
            yield {"k": "slots", **{name: one[name] for name in ("slots", "link_key", "passphrase_auth") if one[name]}}
        case "part":
            digests = [decode(digest).hex() for digest in one["digests"]]
            yield {"k": "part", "file": one["file"], "first": int(one["first"]), "digests": digests}
        case _:
            raise _wrong()


def in_order(record: HandedOver, local: Sequence[LocalFile]) -> list[LocalFile]:
    """The files that were named, in the order of the record. Raises UsageError("files_differ") unless they are the same by name and size."""
    named = {one.name: one for one in local}
    found = [named.get(name) for name, size in record.files]
    chosen = [one for one, (_, size) in zip(found, record.files, strict=True) if one is not None and one.size == size]
    if len(chosen) < len(record.files) or len(local) > len(record.files):
        missing = next(
            (name for one, (name, size) in zip(found, record.files, strict=True) if one is None or one.size != size), ""
        )
        raise UsageError("files_differ", text("files_differ", name=missing), text("files_differ_hint"))
    return chosen


def take_in(record: HandedOver) -> None:
    """Make the record this computer's own, durably, unless an earlier run did. Raises UsageError("upload_running")."""
    journal = Journal(journal_path(record.name))
    try:
        if journal.start is None:
            journal.write(*record.lines)
    finally:
        journal.close()


def _wrong() -> UsageError:
    return UsageError("record_wrong", text("record_wrong"), text("record_wrong_hint"))
