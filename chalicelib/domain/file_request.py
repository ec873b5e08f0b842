"""File requests: a member asks someone outside for files; a guest fills it within its limits. Times in milliseconds."""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Proof
from chalicelib.domain.transfer import TransferClass

MAX_DOMAINS = 50


class RequestState(StrEnum):
    """Open until its time, its owner's word or its limits end it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class FileRequest:
    """``owner`` asked and receives. ``max_files`` and ``max_bytes`` are for all uploads together, ``used_*`` what was taken so far."""

    id: str
    tenant: TenantId
    version: int
    owner: str
    owner_name: str
    owner_address: str
    company: str
    title: str
    created_at: int
    expires_at: int
    proof: Proof
    language: str
    transfer_class: TransferClass = TransferClass.MANAGED
    message: str = ""
    domains: tuple[str, ...] = ()
    max_files: int | None = None
    max_bytes: int | None = None
    used_files: int = 0
    used_bytes: int = 0
    transfers: int = 0
    recipients: int = 0
    state: RequestState = RequestState.OPEN
    reason: str | None = None
    closed_at: int | None = None
    link: str | None = None
    sealed_token: str | None = None


def require_request_open(request: FileRequest, now: int) -> None:
    """For guests. Raises Refused("gone") once it was closed or its time has come (``now >= expires_at``)."""
    if request.state is not RequestState.OPEN or now >= request.expires_at:
        raise Refused("gone", "This file request is no longer open.")


def take(request: FileRequest, *, files: int, size: int, transfers: int) -> FileRequest:
    """The request with so much more used. Raises Refused("request_limit") where a limit would be passed."""
    if request.max_files is not None and request.used_files + files > request.max_files:
        raise Refused("request_limit", f"This file request takes at most {request.max_files} files in all.")
    if request.max_bytes is not None and request.used_bytes + size > request.max_bytes:
        raise Refused("request_limit", f"This file request takes at most {request.max_bytes} bytes in all.")
    return replace(
        request,
        used_files=request.used_files + files,
        used_bytes=request.used_bytes + size,
        transfers=request.transfers + transfers,
    )


def close(request: FileRequest, *, now: int, reason: str) -> FileRequest:
    """The request, closed; closing again keeps the first reason and moment."""
    if request.state is RequestState.CLOSED:
        return request
    return replace(request, state=RequestState.CLOSED, reason=reason, closed_at=now, sealed_token=None)


def require_request_owner(request: FileRequest, principal_id: str) -> None:
    """Raises NotFound for anybody but the member who asked."""
    if request.owner != principal_id:
        raise NotFound
