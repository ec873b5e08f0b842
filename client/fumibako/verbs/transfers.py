"""Transfers that are there: list, show, files, links, extend, recall, wait."""

import time
from datetime import datetime
from typing import Any, Literal

from fumibako.credentials import kept_link_key
from fumibako.decoding import decoded
from fumibako.errors import Gone, NetworkFailed
from fumibako.messages import text
from fumibako.results import Identity, RecipientLink, RemoteFile, Transfer
from fumibako.verbs.core import Core, id_in_path, pages

_BASE = "/transfers/v1/transfers"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


async def me(core: Core) -> Identity:
    """Who the sign-in in force is."""
    return decoded(Identity, await core.account.get("/auth/v1/me"))


async def list_transfers(
    core: Core,
    *,
    box: Literal["sent", "received", "all"] = "sent",
    state: str | None = None,
    recipient: str | None = None,
    limit: int = 50,
) -> list[Transfer]:
    """Up to ``limit`` transfers, newest first."""
    found: list[Transfer] = []
    async for one in pages(core, _BASE, box=box, state=state, recipient=recipient, limit=max(1, min(200, limit))):
        if len(found) >= limit:
            break
        found.append(decoded(Transfer, one))
    return found


async def show(core: Core, transfer: str | None = None) -> Transfer:
    """One transfer; a guest's own without an id. Raises NotFound, Gone, UsageError("id_wrong")."""
    return decoded(Transfer, await core.account.get(f"{_BASE}/{id_in_path(transfer or core.subject, 'tr')}"))


async def files(core: Core, transfer: str | None = None) -> list[RemoteFile]:
    """All files of a transfer, in order."""
    path = f"{_BASE}/{id_in_path(transfer or core.subject, 'tr')}/files"
    return [decoded(RemoteFile, one) async for one in pages(core, path, limit=200)]


async def links(core: Core, transfer: str) -> list[RecipientLink]:
    """The sender's own copyable links. Those of a sealed transfer have their key where it was sent from this computer."""
    path = f"{_BASE}/{id_in_path(transfer, 'tr')}"
    answer = await core.account.post(f"{path}/links")
    sealed = (await core.account.get(path))["class"] == "sealed"
    key = kept_link_key(transfer) if sealed else None
    return [RecipientLink(one["recipient"], one["url"] + (f".{key}" if key else "")) for one in answer["links"]]


async def extend(
    core: Core,
    transfer: str,
    *,
    expires_at: datetime | None = None,
    max_downloads: int | None = None,
    add_recipients: tuple[str, ...] = (),
) -> Transfer:
    """More time, downloads or recipients. Raises UsageError where the tenant's limits are passed."""
    shown = await show(core, transfer)
    body: dict[str, Any] = {}
    if expires_at is not None:
        body["expires_at"] = expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if max_downloads is not None:
        body["max_downloads"] = max_downloads
    if add_recipients:
        body["add_recipients"] = [{"email": address} for address in add_recipients]
    return decoded(Transfer, await core.account.patch(f"{_BASE}/{shown.id}", body, version=shown.version or 0))


async def recall(core: Core, transfer: str) -> Transfer:
    """Stop a transfer; its bytes are destroyed first."""
    return decoded(Transfer, await core.account.delete(f"{_BASE}/{id_in_path(transfer, 'tr')}"))


async def wait(
    core: Core, transfer: str, *, until: Literal["ready", "downloaded", "destroyed"] = "ready", seconds: float = 3600.0
) -> Transfer:
    """Wait until a transfer is ready, was fetched by every recipient, or is destroyed.

    Raises Gone where it ended before, NetworkFailed("wait_over") after so many ``seconds``.
    """
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        shown = await show(core, transfer)
        if _reached(shown, until):
            return shown
        if shown.state in ("closed", "destroying", "destroyed") and until != "destroyed":
            hint = text("wait_in_vain_hint", id=shown.id)
            raise Gone("wait_in_vain", text("wait_in_vain", goal=until, state=shown.state), hint)
        left = end - time.monotonic()
        if left <= 0:
            raise NetworkFailed("wait_over", text("wait_over", goal=until, state=shown.state), text("wait_over_hint"))
        await core.line.pause(min(pause, left))
        pause = min(_LONGEST_PAUSE, pause * 1.5)


def _reached(shown: Transfer, until: str) -> bool:
    if until == "destroyed":
        return shown.state == "destroyed"
    if until == "downloaded":
        return bool(shown.recipients) and all(one.state in ("downloaded", "exhausted") for one in shown.recipients)
    return shown.state == "ready"
