"""What the server acknowledged, read from the log that the line keeps (tests/faults/line/promises.py)."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """A part the store said it has. ``piece``: 64 bytes of its ciphertext, by which any trace of it would be found."""

    transfer: str
    blob: str
    number: int
    size: int
    etag: str
    sha256: str
    piece: bytes

    @property
    def content(self) -> str:
        """The etag without its nonce: the same bytes sent twice have another nonce and the same rest."""
        return self.etag.strip('"').rpartition("-")[0]


@dataclass
class Acknowledged:
    """``parts`` by transfer, blob and number; the last acknowledgement of each."""

    parts: dict[tuple[str, str, int], Part] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    recalled: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, log: Path) -> "Acknowledged":
        """The log as it stands now."""
        found = cls()
        for line in log.read_text().splitlines() if log.exists() else []:
            found._take(json.loads(line))
        return found

    def of(self, transfer: str) -> list[Part]:
        """The parts of one transfer."""
        return [part for part in self.parts.values() if part.transfer == transfer]

    def _take(self, line: dict[str, object]) -> None:
        what, transfer = line["what"], str(line["transfer"])
        if what == "part":
            number, size = int(str(line["part"])), int(str(line["size"]))
            piece = bytes.fromhex(str(line["piece"]))
            part = Part(transfer, str(line["blob"]), number, size, str(line["etag"]), str(line["sha256"]), piece)
            self.parts[transfer, part.blob, number] = part
        elif what == "stored":
            self.stored |= set(map(str, line["files"]))  # type: ignore[call-overload]
        else:
            getattr(self, str(what)).add(transfer)
