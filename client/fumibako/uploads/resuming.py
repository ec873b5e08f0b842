"""Taking up what an earlier run of the same command left: an upload half sent, or one that was done and never told."""

import hashlib
import threading
import time
from typing import Any

from fumibako.errors import Gone, NotFound, UsageError
from fumibako.messages import text
from fumibako.uploads.blobs import Blob, PlainBlob, part_ranges
from fumibako.uploads.creation import add_files, learn
from fumibako.uploads.journal import file_changed
from fumibako.uploads.upload import Upload, blobs_of
from fumibako_format.digest import segment_digest
from fumibako_format.streaming import SEGMENT_BYTES

DONE_SECONDS = 24 * 3600
_OVER = ("closed", "destroying", "destroyed")
# Reading and hashing: as many as most computers have cores for.
_CHECKS = 4


def note_done(upload: Upload) -> None:
    """Keep that the server has taken it all, until somebody was told."""
    upload.journal.write({"k": "done", "at": int(time.time()), "times": _times(upload)})


def _times(upload: Upload) -> str:
    facts = ",".join(str(one.mtime_ns) for one in upload.local)
    return hashlib.sha256(facts.encode()).hexdigest()


async def done_before(upload: Upload) -> dict[str, Any] | None:
    """The transfer that an earlier run completed within a day and nobody was told of; None where there is none."""
    journal = upload.journal
    if journal.done is None:
        return None
    fresh = 0 <= time.time() - journal.done["at"] < DONE_SECONDS and journal.done["times"] == _times(upload)
    transfer = await _shown(upload) if fresh else None
    if transfer is None or transfer["state"] in _OVER:
        journal.restart()
        upload.transfer_id = ""
        return None
    return transfer


async def _shown(upload: Upload) -> dict[str, Any] | None:
    upload.transfer_id = upload.journal.created[0]["id"]
    try:
        return await upload.account.get(f"/transfers/v1/transfers/{upload.transfer_id}")
    except (NotFound, Gone):
        upload.transfer_id = ""
        return None


async def take_up(upload: Upload) -> dict[str, Any] | None:
    """The transfer of an earlier run, or None. Raises UsageError("upload_over") when it is closed."""
    journal = upload.journal
    if not journal.created:
        return None
    transfer = await _shown(upload)
    if transfer is None or transfer["state"] in _OVER:
        upload.transfer_id = ""
        raise UsageError("upload_over", text("upload_over"), text("upload_over_hint"))
    if transfer["state"] == "uploading":
        learn(upload, journal.created)
        while not upload.announced:
            await add_files(upload)
        await _require_same(upload)
    return transfer


async def _require_same(upload: Upload) -> None:
    """Every segment promised so far is read again and compared: size and time of change can be set back, bytes can't."""
    checks: list[tuple[str, int]] = []
    plain = {key: blob for key, blob in blobs_of(upload).items() if isinstance(blob, PlainBlob)}
    for key in [*plain, *upload.sealed]:
        checks += [(key, first) for first in upload.journal.promises(key)]

    async def check(one: tuple[str, int]) -> None:
        key, first = one
        if key in plain:
            await _same_plain(upload, plain[key], first)
        else:
            await _same_sealed(upload, key, first)

    line = upload.account.line
    await line.each(checks, check, width=lambda: _CHECKS, stop=threading.Event())


async def _same_plain(upload: Upload, blob: PlainBlob, index: int) -> None:
    _, start, end = list(part_ranges(blob))[index]
    if upload.journal.recorded(blob.id, index) != [await blob.digest(start, end, upload.account.line)]:
        raise file_changed()


async def _same_sealed(upload: Upload, file_id: str, first: int) -> None:
    file, room = upload.sealed[file_id], bytearray(SEGMENT_BYTES)
    for index, digest in enumerate(upload.journal.recorded(file_id, first) or [], first):
        if segment_digest(file.read(index, room)) != digest:
            raise file_changed()
        await upload.account.line.turn()


async def stored_parts(upload: Upload, blobs: dict[str, Blob]) -> dict[str, dict[int, int]]:
    """What the store holds of each blob that is not whole yet."""
    held = {}
    path = f"/transfers/v1/transfers/{upload.transfer_id}/parts"
    for blob in blobs:
        answer = await upload.account.get(path, blob=blob)
        held[blob] = {part["part"]: part["size"] for part in answer["parts"]}
    return held


async def finished_files(upload: Upload) -> set[str]:
    """The files that the server counts as stored."""
    done: set[str] = set()
    cursor: str | None = None
    path = f"/transfers/v1/transfers/{upload.transfer_id}/files"
    while True:
        page = await upload.account.get(path, cursor=cursor, limit=200)
        done |= {one["id"] for one in page["items"] if one["state"] == "stored"}
        cursor = page.get("next")
        if not cursor:
            return done
