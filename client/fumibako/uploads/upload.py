"""An upload under way: what was asked for, what the server made of it, and the blobs that carry it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fumibako.account import Account
from fumibako.pace import MOST
from fumibako.uploads.blobs import Blob, PackBlob, PlainBlob, SealedBlob
from fumibako.uploads.journal import Journal
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.sealing import SealedFile


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
    """``files`` and ``urls`` as the server answered; ``sealed``: file id -> what seals it (empty for plain)."""

    account: Account
    journal: Journal
    local: Sequence[LocalFile]
    options: SendOptions
    transfer_id: str = ""
    transfer_key: bytes = b""
    files: list[dict[str, Any]] = field(default_factory=list)
    urls: list[dict[str, Any]] = field(default_factory=list)
    sealed: dict[str, SealedFile] = field(default_factory=dict)
    # Its one file is a stream whose size nobody knows before its end.
    unknown_size: bool = False


def blobs_of(upload: Upload) -> dict[str, Blob]:
    """Blob id -> blob, in the order of the files."""
    blobs: dict[str, Blob] = {}
    packs: dict[str, list[dict[str, Any]]] = {}
    for one, local in zip(upload.files, upload.local, strict=True):
        if one["packed"]:
            packs.setdefault(one["blob"], []).append(one)
        elif upload.options.transfer_class == "plain":
            blobs[one["blob"]] = PlainBlob(one["blob"], local.size, one["part_size"], local)
        else:
            blobs[one["blob"]] = SealedBlob(one["blob"], one["length"], one["part_size"], upload.sealed[one["id"]])
    for blob, members in packs.items():
        size = max(one["offset"] + one["length"] for one in members)
        placed = [(one["offset"], upload.sealed[one["id"]]) for one in members]
        blobs[blob] = PackBlob(blob, size, members[0]["part_size"], placed, upload.account.line)
    return blobs
