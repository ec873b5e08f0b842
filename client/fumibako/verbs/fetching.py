"""Fetching: a transfer into a folder, or one file into a stream."""

import inspect
from os import PathLike
from pathlib import Path
from typing import Any

from fumibako.credentials import kept_link_key
from fumibako.downloads.get import Fetched, GetOptions, Getting
from fumibako.downloads.get_zip import GettingZip, ZipOptions
from fumibako.downloads.session import Source
from fumibako.downloads.stream import fetch_to_stream
from fumibako.errors import IntegrityFailed, NotAllowed
from fumibako.messages import text
from fumibako.pace import MOST
from fumibako.progress import Progress, Silent
from fumibako.results import Streamed
from fumibako.verbs.core import Core, id_in_path


async def get(
    core: Core,
    transfer: str | None = None,
    folder: str | PathLike[str] = ".",
    *,
    key: str | None = None,
    passphrase: str | None = None,
    replace: bool = False,
    parallel: int = MOST,
    sha256: bool = False,
    progress: Progress | None = None,
) -> list[Fetched]:
    """Fetch every file; each is complete and checked, or not there. What an earlier call brought is taken as it is.

    ``key`` (of the link) and ``passphrase`` open sealed transfers. ``sha256``: compute it while the bytes come; otherwise
    ``Fetched.sha256`` does when it is looked at. Raises ClientError.
    """
    answer, key, passphrase = await _way_in(core, transfer, key, passphrase)
    options = GetOptions(Path(folder), key, passphrase, replace, parallel, sha256)
    return await Getting(core.account, answer, answer.get("slots") or [], options).run(progress or Silent())


async def get_zip(
    core: Core,
    path: str | PathLike[str],
    transfer: str | None = None,
    *,
    key: str | None = None,
    passphrase: str | None = None,
    replace: bool = False,
    parallel: int = MOST,
    progress: Progress | None = None,
) -> list[Fetched]:
    """Fetch every file into one zip, complete and checked, or not there; ``path`` of each is the one in the zip. Raises ClientError."""
    answer, key, passphrase = await _way_in(core, transfer, key, passphrase)
    options = ZipOptions(Path(path), key, passphrase, replace, parallel)
    return await GettingZip(core.account, answer, answer.get("slots") or [], options).run(progress or Silent())


async def get_to(
    core: Core,
    stream: Any,
    transfer: str | None = None,
    *,
    file: str | None = None,
    key: str | None = None,
    passphrase: str | None = None,
    parallel: int = MOST,
    progress: Progress | None = None,
) -> Streamed:
    """One file in order into ``stream``, whose ``write`` is usual or asynchronous. ``file``: an id, where there are several.

    Nothing of a segment is written before its tag held; what was written before a failure is true but not the whole file.
    """
    answer, key, passphrase = await _way_in(core, transfer, key, passphrase)

    async def write(data: memoryview) -> None:
        # Copied: an asynchronous stream may keep it, and the buffer is used again.
        written = stream.write(bytes(data))
        if inspect.isawaitable(written):
            await written

    slots = answer.get("slots") or []
    source = Source(core.account, answer, slots, link_key=key, passphrase=passphrase)
    return await fetch_to_stream(source, write, progress or Silent(), file=file, parallel=parallel)


async def _way_in(
    core: Core, transfer: str | None, key: str | None, passphrase: str | None
) -> tuple[dict[str, Any], str | None, str | None]:
    """The transfer, and what opens it. Raises NotAllowed("key_missing"), IntegrityFailed("class_differs")."""
    wanted = id_in_path(transfer or core.subject, "tr")
    key, passphrase = key or core.key or kept_link_key(wanted), passphrase or core.passphrase
    answer = await core.account.get(f"/transfers/v1/transfers/{wanted}")
    if key is not None and answer["class"] != "sealed":
        # Who holds a key holds it for a sealed transfer. A server that says otherwise could give out content of its own.
        raise IntegrityFailed("class_differs", text("class_differs"), text("size_differs_hint"))
    if answer["class"] == "sealed" and key is None and passphrase is None:
        raise NotAllowed("key_missing", text("key_missing"), text("key_missing_hint"))
    return dict(answer), key, passphrase
