"""File requests: create, list, show, close."""

from collections.abc import Sequence
from typing import Any

from fumibako.decoding import decoded
from fumibako.results import FileRequest
from fumibako.verbs.core import Core, id_in_path, pages

_BASE = "/transfers/v1/requests"


async def create_request(
    core: Core,
    title: str,
    *,
    message: str | None = None,
    to: Sequence[str] = (),
    domains: Sequence[str] = (),
    expires_in_minutes: int | None = None,
    proof: str | None = None,
    max_files: int | None = None,
    max_bytes: int | None = None,
    idempotency_key: str | None = None,
) -> FileRequest:
    """Ask for files. Addressed ones are mailed; without ``to`` the result has a ``url`` to pass on."""
    body: dict[str, Any] = {
        "title": title,
        "message": message,
        "recipients": [{"email": address} for address in to] or None,
        "domains": list(domains) or None,
        "expires_in_minutes": expires_in_minutes,
        "proof": proof,
        "max_files": max_files,
        "max_bytes": max_bytes,
    }
    asked = {name: value for name, value in body.items() if value is not None}
    return decoded(FileRequest, await core.account.post(_BASE, asked, key=idempotency_key))


async def list_requests(core: Core, *, limit: int = 50) -> list[FileRequest]:
    """Up to ``limit`` requests of one's own, newest first."""
    found: list[FileRequest] = []
    async for one in pages(core, _BASE, limit=max(1, min(200, limit))):
        if len(found) >= limit:
            break
        found.append(decoded(FileRequest, one))
    return found


async def show_request(core: Core, request: str) -> FileRequest:
    """One request with its recipients."""
    return decoded(FileRequest, await core.account.get(f"{_BASE}/{id_in_path(request, 'rq')}"))


async def close_request(core: Core, request: str) -> FileRequest:
    """Nobody can upload to it any more."""
    return decoded(FileRequest, await core.account.delete(f"{_BASE}/{id_in_path(request, 'rq')}"))
