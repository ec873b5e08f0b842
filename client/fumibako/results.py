"""What the library gives back: frozen, typed, times as ``datetime`` in UTC, sizes in bytes (spec/api.md).

States, reasons and classes are texts: a newer server may know more of them. ``raw`` is the answer as it came, with all its members.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Sender:
    """Who sent it."""

    id: str
    name: str
    company: str


@dataclass(frozen=True)
class Recipient:
    """Where one recipient stands: ``waiting``, ``invited``, ``opened``, ``downloaded``, ``exhausted``."""

    id: str
    email: str
    state: str
    downloads: int
    name: str | None = None
    language: str | None = None
    last_download_at: datetime | None = None


@dataclass(frozen=True)
class Transfer:
    """A transfer as its viewer may see it; a recipient is shown no version. ``recipients``: the first hundred."""

    id: str
    state: str
    transfer_class: str
    files: int
    bytes: int
    created_at: datetime
    expires_at: datetime
    sender: Sender
    scan: str
    recipients: tuple[Recipient, ...] = ()
    version: int | None = None
    reason: str | None = None
    title: str | None = None
    message: str | None = None
    proof: str | None = None
    request: str | None = None
    max_downloads: int | None = None
    completed_at: datetime | None = None
    ready_at: datetime | None = None
    closed_at: datetime | None = None
    destroyed_at: datetime | None = None
    recipient_count: int | None = None
    raw: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class RemoteFile:
    """One file of a transfer as the server lists it. The name of a sealed one stands in its record alone."""

    id: str
    index: int
    state: str
    scan: str
    size: int | None = None
    name: str | None = None
    media_type: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class RecipientLink:
    """The link of one recipient; of a sealed transfer with the key, where it was sent from this computer."""

    recipient: str
    url: str


@dataclass(frozen=True)
class Sent:
    """``link_key``: base64url, what a sealed transfer's links end in. ``resumed``: an earlier run had begun (or ended) it.

    ``sent_bytes``: what went over the line this time.
    """

    transfer: Transfer
    link_key: str | None
    resumed: bool
    sent_bytes: int

    @property
    def id(self) -> str:
        """Of the transfer."""
        return self.transfer.id


@dataclass(frozen=True)
class Streamed:
    """A file that went to a stream: every tag and its digest held. ``sha256``: hex, of the whole content."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class FileRequest:
    """A request for files; ``url`` is its open link, where it is addressed to nobody."""

    id: str
    version: int
    state: str
    title: str
    transfer_class: str
    created_at: datetime
    expires_at: datetime
    used_files: int
    used_bytes: int
    transfers: int
    reason: str | None = None
    message: str | None = None
    proof: str | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    closed_at: datetime | None = None
    url: str | None = None
    recipients: tuple[Recipient, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class Event:
    """A CloudEvent (spec/events.md). ``cursor``: what to give as ``after`` to go on behind it."""

    id: str
    type: str
    subject: str
    time: datetime
    sequence: int
    data: dict[str, Any]
    cursor: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class AuditEntry:
    """One entry of the audit chain; ``sequence`` is its block's."""

    id: str
    at: datetime
    sequence: int
    actor: str
    action: str
    subject: str
    data: dict[str, Any]
    commitments: dict[str, str]
    personal: dict[str, str] | None = None
    raw: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class Identity:
    """Who the sign-in in force is: ``member``, ``guest`` or ``service``."""

    kind: str
    id: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    email: str | None = None
    name: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
