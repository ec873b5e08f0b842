"""Bodies of downloads, certificates and receipts (spec/api.md)."""

from typing import Annotated, Any

import msgspec

from chalicelib.api.wire import AnswerBody, RequestBody

FileIds = Annotated[list[str], msgspec.Meta(max_length=500)]
AddressIds = Annotated[list[str], msgspec.Meta(max_length=256)]


class StartDownloadBody(RequestBody):
    """``session`` asks for fresh URLs of a session; without ``files`` all of it, or those of the transfer from ``cursor`` on, 500 at most."""

    files: FileIds = msgspec.field(default_factory=list)
    session: str | None = None
    cursor: str | None = None


class DownloadedBody(RequestBody):
    """Files that arrived whole; none stands for the whole session."""

    files: FileIds = msgspec.field(default_factory=list)


class AddressBody(RequestBody):
    """1 to 256 files of the session, each once: one is given as it is, several as one zip in this order."""

    files: AddressIds


class FetchAddressAnswer(AnswerBody):
    """``length``: the exact bytes of the answer; ``name``: the one it is offered under. ``expires_at`` unless it is used before."""

    url: str
    name: str
    length: int
    media_type: str
    expires_at: str


class DownloadFile(AnswerBody):
    """``offset`` and ``length`` are the file's place behind ``url``; ``key`` (base64url) is the file key of a managed file."""

    id: str
    size: int
    url: str
    method: str
    headers: dict[str, str]
    offset: int
    length: int
    expires_at: str
    record: str | None = None
    name: str | None = None
    key: str | None = None
    checksum: str | None = None


class DownloadAnswer(AnswerBody):
    """A download session; ``expires_at`` is the end of its URLs. ``next``: the ``cursor`` of the files behind these, where none were named."""

    session: str
    expires_at: str
    scan: str
    files: list[DownloadFile]
    next: str | None = None


class ProofAnswer(AnswerBody):
    """A certificate or receipt (spec/proofs.md): what ``fumibako verify`` judges offline."""

    v: int
    type: str
    statement: dict[str, Any]
    proof: dict[str, Any]
    batch: str
    key_statement: str


class ProofRoot(AnswerBody):
    """The install's root: what a customer notes once, and gives to every later verification."""

    root_fingerprint: str
