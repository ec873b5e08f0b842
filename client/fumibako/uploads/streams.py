"""Sending what has no size before its end: a pipe, a database dump. Parts grow with their number (spec/format.md, section 8).

A stream can't be read twice, so each part is sealed as it is read and kept until the store has it: in memory up to 64 MiB, in an unnamed
temporary file above (ciphertext alone). Nothing can be resumed after a crash: what failed is recalled at once, what was killed when the next
stream is sent, so that no half transfer stays.
"""

import contextlib
import mimetypes
import secrets
import threading
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from fumibako.account import Account
from fumibako.errors import ClientError
from fumibako.pace import Pace
from fumibako.progress import Progress, Silent
from fumibako.retries import again
from fumibako.uploads.completion import SHA256_CHECKSUM, complete, sealed_record
from fumibako.uploads.creation import create
from fumibako.uploads.journal import Journal, journal_path
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.send import Sent
from fumibako.uploads.stream_parts import Read, StreamPart, StreamParts
from fumibako.uploads.upload import SendOptions, Upload
from fumibako_format.names import check_name

# Sealed bytes in flight: what memory is for.
_IN_FLIGHT = 128 << 20
_NAME = "stream-"


async def send_stream(
    account: Account,
    read: Read,
    name: str,
    options: SendOptions,
    *,
    media_type: str | None = None,
    progress: Progress | None = None,
) -> Sent:
    """Send what ``read(n)`` gives (1 to n bytes, nothing at the end) as one file. Raises ClientError, and what ``read`` raises."""
    kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    await _recall_killed(account)
    local = LocalFile(Path("-"), check_name(name), 0, 0, kind)
    journal = Journal(journal_path(f"{_NAME}{secrets.token_hex(8)}"))
    upload = Upload(account, journal, [local], options, unknown_size=True)
    try:
        await create(upload)
        sending = _Sending(upload, read, progress or Silent())
        await sending.run()
        transfer, link_key = await complete(upload)
        return Sent(transfer, link_key, resumed=False, sent_bytes=sending.parts.stored)
    except BaseException:
        # Under a key of the caller's own the transfer may be another run's, and even done.
        if upload.transfer_id and options.key is None:
            with contextlib.suppress(ClientError, Exception):
                await account.delete(f"/transfers/v1/transfers/{upload.transfer_id}")
        raise
    finally:
        journal.finish()


async def _recall_killed(account: Account) -> None:
    """Streams that were killed can't go on: what they left at the server is taken back."""
    for path in sorted(journal_path("").parent.glob(f"{_NAME}*.jsonl")):
        # One that another process is sending right now is locked.
        with contextlib.suppress(ClientError):
            journal = Journal(path)
            try:
                for answer in journal.created[:1]:
                    with contextlib.suppress(ClientError):
                        await account.delete(f"/transfers/v1/transfers/{answer['id']}")
            finally:
                journal.finish()


class _Sending:
    """The parts of one stream: read in order by whoever is free, sealed, sent several at once."""

    def __init__(self, upload: Upload, read: Read, progress: Progress) -> None:
        [self._file] = upload.files
        self._upload = upload
        self._line = upload.account.line
        self._progress = progress
        self._pace = Pace(upload.options.parallel)
        self._stop = threading.Event()
        self._reading = self._line.lock()
        self._asking = self._line.lock()
        sealed = upload.sealed.get(self._file["id"])
        self.parts = StreamParts(read, self._line, int(self._file["part_size"]), sealed.sealer if sealed else None)
        self._urls = {(one["part"], one["size"]): one for one in upload.urls}

    async def run(self) -> None:
        """All of it, and the record. Raises the first failure."""
        numbers = takewhile(lambda _: not self.parts.ended, count(1))
        await self._line.each(numbers, self._one, width=self._width, stop=self._stop)
        done: dict[str, Any] = {"id": self._file["id"], "size": self.parts.size}
        sealed = self._upload.sealed.get(self._file["id"])
        if sealed is None:
            done["checksum"] = f"{SHA256_CHECKSUM}{self.parts.whole.hexdigest()}"
        else:
            done["record"] = sealed_record(self._upload, sealed, self.parts.size)
        path = f"/transfers/v1/transfers/{self._upload.transfer_id}/files/complete"
        await self._upload.account.post(path, {"files": [done]})

    def _width(self) -> int:
        return min(self._pace.width(), max(1, _IN_FLIGHT // self.parts.next_size()))

    async def _one(self, _: int) -> None:
        async with self._reading:
            part = await self.parts.next()
        if part is None:  # another reader met the end
            return
        try:
            key = self._file["id"] if self._upload.sealed else self._file["blob"]
            self._upload.journal.promise(key, part.first_segment, part.digests)
            await again(lambda n: self._put(part, n), self._line.pause, stop=self._stop)
        finally:
            part.release()
        self._pace.add(part.size)
        self._progress.add(part.size)

    async def _put(self, part: StreamPart, number: int) -> None:
        if number:
            self._pace.lost()
        url = None if number else self._urls.pop((part.number, part.size), None)
        if url is None:
            async with self._asking:
                url = await self._ask(part)
        await self._line.put(url, part.body, part.size, self._stop)

    async def _ask(self, part: StreamPart) -> dict[str, Any]:
        path = f"/transfers/v1/transfers/{self._upload.transfer_id}/parts"
        wanted: dict[str, Any] = {"blob": self._file["blob"], "part": part.number}
        if part.last:
            wanted["size"] = part.size
        answer = await self._upload.account.post(path, {"parts": [wanted]})
        return dict(answer["uploads"][0])
