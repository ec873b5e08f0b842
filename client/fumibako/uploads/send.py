"""One upload from first call to completion: create, parts, records, complete; or the same taken up where it stopped."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fumibako.account import Account
from fumibako.driving import run
from fumibako.errors import ClientError, Gone, UsageError
from fumibako.http import Api
from fumibako.pace import Pace
from fumibako.progress import Progress, Silent
from fumibako.uploads.blobs import Blob
from fumibako.uploads.completion import Completer, complete
from fumibako.uploads.creation import add_files, create
from fumibako.uploads.journal import Journal, fingerprint, journal_path
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.part_sender import PartQueue, PartSender
from fumibako.uploads.part_urls import PartJob, PartUrls, jobs_of
from fumibako.uploads.resuming import done_before, finished_files, note_done, stored_parts, take_up
from fumibako.uploads.upload import SendOptions, Upload, blobs_of


@dataclass(frozen=True)
class Sent:
    """``link_key``: the base64url key that a sealed link ends in; None for other classes. ``earlier``: an earlier run of the same command
    had sent all of it, and was killed before it could say so.
    """

    transfer: dict[str, Any]
    link_key: str | None
    resumed: bool
    sent_bytes: int
    earlier: bool = False
    _journal: Journal | None = field(default=None, repr=False, compare=False)

    def told(self) -> None:
        """Whoever asked knows now that it is done: the same command from here on is a new transfer."""
        if self._journal is not None:
            self._journal.finish()


def send(api: Api, local: Sequence[LocalFile], options: SendOptions, *, progress: Progress | None = None) -> Sent:
    """``send_files`` on this thread and its helpers."""
    return run(send_files(api.account, local, options, progress=progress))


async def send_files(
    account: Account, local: Sequence[LocalFile], options: SendOptions, *, progress: Progress | None = None
) -> Sent:
    """Send files; an unfinished upload of the same command goes on. Raises ClientError; what was stored stays for the next try.

    Call ``told()`` of the result once it was shown or kept: until then, and for a day, the same command gives the same result.
    """
    name = options.journal or fingerprint(
        account.credentials.url, local, {**options.fields, "class": options.transfer_class}
    )
    journal = Journal(journal_path(name))
    upload = Upload(account, journal, local, options)
    try:
        return await _sent(upload, progress or Silent())
    except UsageError as error:
        if error.code in ("file_changed", "upload_over"):
            # The bytes promised under this header are gone: nothing of this upload may be used again.
            await _give_up(upload)
        raise
    except Gone:
        journal.finish()
        raise
    finally:
        journal.close()


async def _sent(upload: Upload, progress: Progress) -> Sent:
    journal = upload.journal
    before = await done_before(upload)
    if before is not None:
        link_key = (journal.slots or {}).get("link_key")
        return Sent(before, link_key, resumed=True, sent_bytes=0, earlier=True, _journal=journal)
    earlier = await take_up(upload)
    if earlier is None:
        await create(upload)
        if upload.options.key is not None:
            shown = await upload.account.get(f"/transfers/v1/transfers/{upload.transfer_id}")
            if shown["state"] != "uploading":
                # Whoever else was given this key has sent it; a sealed one's link key is theirs.
                return Sent(shown, None, resumed=True, sent_bytes=0, earlier=True, _journal=journal)
    elif earlier["state"] != "uploading":
        # The answer to the last call was lost, not its effect.
        note_done(upload)
        link_key = (journal.slots or {}).get("link_key")
        return Sent(earlier, link_key, resumed=True, sent_bytes=0, earlier=True, _journal=journal)
    return await _run(upload, progress, resumed=earlier is not None)


async def _give_up(upload: Upload) -> None:
    """Leave no half transfer at the server, as far as it can be reached; it is abandoned by itself otherwise."""
    if upload.transfer_id:
        with contextlib.suppress(ClientError):
            await upload.account.delete(f"/transfers/v1/transfers/{upload.transfer_id}")
    upload.journal.finish()


async def _run(upload: Upload, progress: Progress, *, resumed: bool) -> Sent:
    blobs = blobs_of(upload)
    completer = Completer(upload)
    left = await _left(upload, blobs) if resumed else blobs
    jobs = jobs_of(left.values(), await stored_parts(upload, left) if resumed else {})
    progress.add(sum(blob.size for blob in blobs.values()) - _bytes(jobs))
    # A blob whose parts are all in but which was never completed: the crash came between the two calls.
    for key in left.keys() - {job.blob.id for job in jobs}:
        await completer.complete(key)
    urls = PartUrls(upload.account, upload.transfer_id)
    urls.expect(jobs, upload.urls)
    parts = PartQueue(upload.account.line, jobs, lambda: _announced(upload, urls))
    sender = PartSender(upload.account, upload.journal, urls, progress, Pace(upload.options.parallel))
    await sender.run(parts, completer)
    transfer, link_key = await complete(upload)
    note_done(upload)
    return Sent(transfer, link_key, resumed, parts.bytes, _journal=upload.journal)


async def _announced(upload: Upload, urls: PartUrls) -> list[PartJob]:
    """Announce the next files, and give the parts they are sent in; none where the server knows all."""
    if upload.announced:
        return []
    known, given = len(upload.files), len(upload.urls)
    await add_files(upload)
    jobs = jobs_of(blobs_of(upload, known).values(), {})
    urls.expect(jobs, upload.urls[given:])
    return jobs


async def _left(upload: Upload, blobs: dict[str, Blob]) -> dict[str, Blob]:
    """The blobs that are not whole yet."""
    done = await finished_files(upload)
    members: dict[str, list[str]] = {}
    for one in upload.files:
        members.setdefault(one["blob"], []).append(one["id"])
    return {key: blob for key, blob in blobs.items() if not done.issuperset(members[key])}


def _bytes(jobs: Sequence[PartJob]) -> int:
    return sum(job.end - job.start for job in jobs)


__all__ = ["SendOptions", "Sent", "send", "send_files"]
