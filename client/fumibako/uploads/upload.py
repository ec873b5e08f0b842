"""An upload under way: what was asked for, what the server made of it, and the blobs that carry it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from fumibako.account import Account
from fumibako.pace import MOST
from fumibako.uploads.blobs import Blob, PackBlob, PlainBlob, SealedBlob
from fumibako.uploads.journal import Journal
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.sealing import SealedFile

# A file as the server answered, and what it is here.
Member = tuple[dict[str, Any], LocalFile]


@dataclass(frozen=True)
class SendOptions:
    """What create takes beside the files (spec/api.md). ``passphrase`` never leaves this process.

    ``parallel``: the most parts in flight; how many there are follows the line (fumibako.pace). ``key`` goes in place of the idempotency
    key that is drawn otherwise. ``journal`` names the record to go on with, where another program began it.
    """

    fields: dict[str, Any]
    transfer_class: str = "managed"
    passphrase: str | None = None
    parallel: int = MOST
    key: str | None = None
    journal: str | None = None


@dataclass
class Upload:
    """``files`` and ``urls`` as the server answered, in the order of ``local``; those behind ``files`` are not announced yet.

    ``sealed``: file id -> what seals it (empty for plain). ``members``: blob id -> the files in it. ``writing`` is held by each call that
    writes the transfer's head: two of them at once would have the server do one twice.
    """

    account: Account
    journal: Journal
    local: Sequence[LocalFile]
    options: SendOptions
    transfer_id: str = ""
    transfer_key: bytes = b""
    files: list[dict[str, Any]] = field(default_factory=list)
    urls: list[dict[str, Any]] = field(default_factory=list)
    sealed: dict[str, SealedFile] = field(default_factory=dict)
    members: dict[str, list[Member]] = field(default_factory=dict)
    # Its one file is a stream whose size nobody knows before its end.
    unknown_size: bool = False
    writing: AbstractAsyncContextManager[None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.writing = self.account.line.lock()

    @property
    def announced(self) -> bool:
        """Whether the server knows all files."""
        return len(self.files) >= len(self.local)


def blobs_of(upload: Upload, start: int = 0) -> dict[str, Blob]:
    """Blob id -> blob, in the order of the files, of those from the ``start``-th on."""
    blobs: dict[str, Blob] = {}
    for blob in dict.fromkeys(one["blob"] for one in upload.files[start:]):
        members = upload.members[blob]
        one, local = members[0]
        if one["packed"]:
            placed = [(file["offset"], upload.sealed[file["id"]]) for file, _ in members]
            size = max(file["offset"] + file["length"] for file, _ in members)
            blobs[blob] = PackBlob(blob, size, one["part_size"], placed, upload.account.line)
        elif upload.options.transfer_class == "plain":
            blobs[blob] = PlainBlob(blob, local.size, one["part_size"], local)
        else:
            blobs[blob] = SealedBlob(blob, one["length"], one["part_size"], upload.sealed[one["id"]])
    return blobs
