"""Bodies of transfers, files and parts on the wire (spec/api.md, transfers)."""

from typing import Annotated, Any, Literal

import msgspec

from chalicelib.api.wire import AnswerBody, RequestBody

Class = Literal["managed", "sealed", "plain"]
Proof = Literal["link", "code", "passphrase"]
State = Literal[
    "uploading",
    "checking",
    "blocked",
    "quarantined",
    "awaiting_approval",
    "held",
    "ready",
    "closed",
    "destroying",
    "destroyed",
]
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=10**7)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Time = Annotated[str, msgspec.Meta(max_length=40)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Base64 = Annotated[str, msgspec.Meta(min_length=1, max_length=6_000)]


class FileBody(RequestBody):
    """``size`` is plaintext bytes, null when unknown. ``name`` is required but for sealed, where it must be absent."""

    size: Whole | None
    name: Annotated[str, msgspec.Meta(max_length=40_000)] | None = None
    media_type: Annotated[str, msgspec.Meta(max_length=1_000)] | None = None
    part_size: Whole | None = None
    digest: Base64 | None = None


class RecipientBody(RequestBody):
    """One address."""

    email: Annotated[str, msgspec.Meta(max_length=1_000)]
    name: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    language: Literal["ja", "en"] | None = None


class CreateTransferBody(RequestBody):
    """A new transfer; times as RFC 3339, binary values as base64url."""

    files: list[FileBody]
    # ``class`` is a word of Python, hence the rename.
    transfer_class: Class = msgspec.field(name="class", default="managed")
    more_files: bool = False
    recipients: list[RecipientBody] = msgspec.field(default_factory=list)
    title: Text = ""
    message: Text = ""
    language: Literal["ja", "en"] | None = None
    expires_at: Time | None = None
    expires_in_minutes: Minutes | None = None
    max_downloads: Whole | None = None
    hold_minutes: Whole | None = None
    send_at: Time | None = None
    proof: Proof | None = None
    notify: bool = True
    source: Literal["page", "cli", "api"] = "api"
    on_behalf_of: Id | None = None


class AddFilesBody(RequestBody):
    """Further files."""

    files: list[FileBody]
    more_files: bool = False


class PartBody(RequestBody):
    """One part, numbered from 1; ``size`` only for the last part of a file of unknown length."""

    blob: Id
    part: Whole
    size: Whole | None = None


class HeaderBody(RequestBody):
    """The 40 bytes with which a file's ciphertext begins: the first one given for a file is the only one taken."""

    file: Id
    header: Base64


class PartsBody(RequestBody):
    """1 to 256 parts of any of the transfer's blobs."""

    parts: list[PartBody]
    headers: Annotated[list[HeaderBody], msgspec.Meta(max_length=500)] = msgspec.field(default_factory=list)


class FileDoneBody(RequestBody):
    """``record`` is required but for plain, ``size`` where it was null."""

    id: Id
    record: Base64 | None = None
    size: Whole | None = None
    checksum: Annotated[str, msgspec.Meta(max_length=1_000)] | None = None
    header: Base64 | None = None


class FilesDoneBody(RequestBody):
    """1 to 100 files."""

    files: list[FileDoneBody]


class CompleteTransferBody(RequestBody):
    """Slots and passphrase_auth bind the transfer's id, so a client can make them only after create."""

    slots: list[dict[str, Any]] = msgspec.field(default_factory=list)
    passphrase_auth: Base64 | None = None


class ChangeTransferBody(RequestBody):
    """What changes; nothing else does."""

    expires_at: Time | None = None
    expires_in_minutes: Minutes | None = None
    max_downloads: Whole | None = None
    add_recipients: list[RecipientBody] = msgspec.field(default_factory=list)
    send_now: bool = False


class LinksBody(RequestBody):
    """One recipient's link, or all."""

    recipient: Id | None = None


class FileAnswer(AnswerBody):
    """``offset`` and ``length`` are its place in ``blob``; ``parts`` counts the blob's parts, null while unknown."""

    id: str
    index: int
    size: int | None
    state: Literal["waiting", "stored"]
    blob: str
    offset: int
    length: int | None
    part_size: int
    parts: int | None
    packed: bool
    scan: str
    name: str | None = None
    media_type: str | None = None
    record: str | None = None
    downloads_left: int | None = None


class PartUrlAnswer(AnswerBody):
    """Send exactly these headers and ``size`` bytes; only the store's own ETag in the answer means success."""

    blob: str
    part: int
    method: str
    url: str
    headers: dict[str, str]
    size: int
    expires_at: str


class CreatedAnswer(AnswerBody):
    """``transfer_key``: 32 bytes in base64url, of a managed transfer."""

    id: str
    version: int
    state: State
    transfer_class: Class = msgspec.field(name="class")
    expires_at: str
    files: list[FileAnswer]
    uploads: list[PartUrlAnswer]
    transfer_key: str | None = None


class FilesAnswer(AnswerBody):
    """New files and their first part URLs."""

    files: list[FileAnswer]
    uploads: list[PartUrlAnswer]


class UploadsAnswer(AnswerBody):
    """Part URLs in the order asked for."""

    uploads: list[PartUrlAnswer]


class StoredPartAnswer(AnswerBody):
    """What the store says of a part; ``etag`` is empty once the blob is complete."""

    part: int
    size: int
    etag: str


class StoredPartsAnswer(AnswerBody):
    """What the store holds of a blob."""

    parts: list[StoredPartAnswer]


class FilesDoneAnswer(AnswerBody):
    """The files in the order named."""

    files: list[FileAnswer]


class FilePageAnswer(AnswerBody):
    """A page of files."""

    items: list[FileAnswer]
    next: str | None


class SenderAnswer(AnswerBody):
    """Who sent it."""

    id: str
    name: str
    company: str


class RecipientAnswer(AnswerBody):
    """Where one recipient stands."""

    id: str
    email: str
    language: str
    state: Literal["waiting", "invited", "opened", "downloaded", "exhausted"]
    downloads: int
    name: str | None = None
    last_download_at: str | None = None


class ProgressAnswer(AnswerBody):
    """While uploading."""

    stored: int
    files: int


class TransferAnswer(AnswerBody):
    """A transfer as its viewer may see it; a recipient is shown no version, hold or time of sending."""

    id: str
    state: State
    transfer_class: Class = msgspec.field(name="class")
    sender: SenderAnswer
    files: int
    bytes: int
    created_at: str
    expires_at: str
    proof: Proof
    scan: str
    recipients: list[RecipientAnswer]
    version: int | None = None
    reason: str | None = None
    title: str | None = None
    message: str | None = None
    completed_at: str | None = None
    ready_at: str | None = None
    send_at: str | None = None
    hold_until: str | None = None
    closed_at: str | None = None
    destroyed_at: str | None = None
    max_downloads: int | None = None
    request: str | None = None
    source: str | None = None
    recipient_count: int | None = None
    recipients_next: str | None = None
    progress: ProgressAnswer | None = None
    slots: list[dict[str, Any]] | None = None


class TransferPageAnswer(AnswerBody):
    """A page of transfers, newest first; each has its first three recipients."""

    items: list[TransferAnswer]
    next: str | None


class LinkAnswer(AnswerBody):
    """One recipient's link."""

    recipient: str
    url: str


class LinksAnswer(AnswerBody):
    """Links to copy."""

    links: list[LinkAnswer]
