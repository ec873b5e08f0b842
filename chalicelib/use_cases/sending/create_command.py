"""What a caller asks for when creating a transfer, and what is left of it once every field was checked."""

from dataclasses import dataclass

from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.tenant import Proof
from chalicelib.domain.transfer import TransferClass
from chalicelib.stores.idempotency_store import Once


@dataclass(frozen=True)
class FileSpec:
    """One file as the client announces it; ``size`` is plaintext bytes or None when unknown, ``digest`` 32 bytes."""

    size: int | None
    name: str | None = None
    media_type: str | None = None
    part_size: int | None = None
    digest: bytes | None = None


@dataclass(frozen=True)
class RecipientSpec:
    """One recipient as given."""

    email: str
    name: str = ""
    language: str | None = None


@dataclass(frozen=True)
class CreateTransfer:
    """Times in milliseconds. Key slots come at complete: they bind the transfer's id."""

    transfer_class: TransferClass
    files: tuple[FileSpec, ...]
    recipients: tuple[RecipientSpec, ...] = ()
    more_files: bool = False
    title: str = ""
    message: str = ""
    language: str | None = None
    expires_at: int | None = None
    expires_in_minutes: int | None = None
    max_downloads: int | None = None
    hold_minutes: int | None = None
    send_at: int | None = None
    proof: Proof | None = None
    notify: bool = True
    source: str = "api"
    once: Once | None = None
    network: str | None = None


@dataclass(frozen=True)
class Checked:
    """What the checks found good: the command's texts and times in their final form. ``now`` is the moment they were judged at."""

    now: int
    title: str
    message: str
    language: str
    expires_at: int
    hold_minutes: int
    send_at: int | None
    proof: Proof
    recipients: tuple[RecipientEntry, ...]
    files: tuple[FileSpec, ...]
