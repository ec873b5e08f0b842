"""Sending files or a stream, to people or into a file request."""

import inspect
from collections.abc import Sequence
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from fumibako.credentials import kept_link_key
from fumibako.decoding import decoded
from fumibako.pace import MOST
from fumibako.progress import Progress
from fumibako.results import Sent, Transfer
from fumibako.uploads.local_files import LocalFile, checked_files, walk
from fumibako.uploads.send import Sent as Answered
from fumibako.uploads.send import send_files
from fumibako.uploads.streams import send_stream
from fumibako.uploads.upload import SendOptions
from fumibako.verbs.core import Core

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]
_FILES_A_TURN = 50


async def send(
    core: Core,
    files: Paths,
    *,
    to: Sequence[str] = (),
    title: str | None = None,
    message: str | None = None,
    transfer_class: Literal["managed", "sealed", "plain"] = "managed",
    expires_in: timedelta | None = None,
    max_downloads: int | None = None,
    hold_minutes: int | None = None,
    proof: Literal["link", "code", "passphrase"] | None = None,
    passphrase: str | None = None,
    parallel: int = MOST,
    idempotency_key: str | None = None,
    progress: Progress | None = None,
) -> Sent:
    """Send files and folders; an upload of the same call that was cut off goes on. Of a guest: into the file request of the link.

    ``passphrase`` goes with ``proof="passphrase"`` and never leaves this process. Raises ClientError.
    """
    fields = _fields(to, title, message, expires_in, max_downloads, hold_minutes, proof)
    options = SendOptions(fields, transfer_class, passphrase, parallel, idempotency_key)
    sent = await send_files(core.account, await _collected(core, files), options, progress=progress)
    result = await _result(core, sent)
    sent.told()
    return result


async def send_from(
    core: Core,
    stream: Any,
    *,
    name: str,
    media_type: str | None = None,
    to: Sequence[str] = (),
    title: str | None = None,
    message: str | None = None,
    transfer_class: Literal["managed", "sealed", "plain"] = "managed",
    expires_in: timedelta | None = None,
    max_downloads: int | None = None,
    hold_minutes: int | None = None,
    proof: Literal["link", "code", "passphrase"] | None = None,
    passphrase: str | None = None,
    parallel: int = MOST,
    idempotency_key: str | None = None,
    progress: Progress | None = None,
) -> Sent:
    """Send one file whose size nobody knows: ``stream`` has ``read(n)``, usual or asynchronous. It can't be resumed."""
    fields = _fields(to, title, message, expires_in, max_downloads, hold_minutes, proof)
    options = SendOptions(fields, transfer_class, passphrase, parallel, idempotency_key)

    async def read(count: int) -> bytes:
        data = stream.read(count)
        return bytes(await data if inspect.isawaitable(data) else data)

    sent = await send_stream(core.account, read, name, options, media_type=media_type, progress=progress)
    return await _result(core, sent)


def _fields(
    to: Sequence[str],
    title: str | None,
    message: str | None,
    expires_in: timedelta | None,
    max_downloads: int | None,
    hold_minutes: int | None,
    proof: str | None,
) -> dict[str, Any]:
    named = {
        "title": title,
        "message": message,
        "expires_in_minutes": None if expires_in is None else int(expires_in.total_seconds() // 60),
        "max_downloads": max_downloads,
        "hold_minutes": hold_minutes,
        "proof": proof,
    }
    fields: dict[str, Any] = {"recipients": [{"email": address} for address in to], "source": "api"}
    return {**fields, **{name: value for name, value in named.items() if value is not None}}


async def _collected(core: Core, files: Paths) -> list[LocalFile]:
    named = [files] if isinstance(files, str | PathLike) else list(files)
    found = []
    for one in walk([Path(path) for path in named]):
        found.append(one)
        if len(found) % _FILES_A_TURN == 0:
            await core.line.turn()
    return checked_files(found)


async def _result(core: Core, sent: Answered) -> Sent:
    shown = sent.transfer
    if "sender" not in shown:  # the answer to complete has less than the transfer itself
        shown = await core.account.get(f"/transfers/v1/transfers/{shown['id']}")
    key = sent.link_key or kept_link_key(str(shown["id"]))
    return Sent(decoded(Transfer, shown), key, sent.resumed, sent.sent_bytes)
