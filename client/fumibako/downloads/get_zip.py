"""Fetching a whole transfer into one zip: no file system is asked 10,000 times for a name."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fumibako.account import Account
from fumibako.disk.refusals import exists
from fumibako.downloads.fetch import FileFetch
from fumibako.downloads.get import SMALL_BYTES
from fumibako.downloads.held_segments import HeldSegments
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.neighbours import RunSink, may_join, runs_of
from fumibako.downloads.session import Session, Source
from fumibako.downloads.wanted import Fetched, require_as_recorded
from fumibako.downloads.zip_part import ZipPart
from fumibako.errors import IntegrityFailed
from fumibako.line import Line
from fumibako.pace import MOST, Pace
from fumibako.progress import Progress
from fumibako_format.digest import file_digest, segment_digest
from fumibako_format.names import safe_paths


@dataclass(frozen=True)
class ZipOptions:
    """``path`` of the zip. ``link_key`` and ``passphrase`` open sealed transfers; ``replace`` overwrites what is in the way.

    ``parallel``: the most ranges in flight.
    """

    path: Path
    link_key: str | None = None
    passphrase: str | None = None
    replace: bool = False
    parallel: int = MOST


@dataclass(frozen=True)
class _Entry:
    number: int
    session: Session
    file: RemoteFile


class _Place:
    """Where the segments of one file go. Raises as FileFetch wants it."""

    def __init__(self, zipped: ZipPart, held: HeldSegments) -> None:
        self._zipped = zipped
        self._held = held

    def holds(self, index: int) -> bool:
        return self._held.holds(index)

    def write(self, index: int, plaintext: memoryview) -> None:
        try:
            self._held.put(index, plaintext)
        except OSError as error:
            raise self._zipped.refused(error) from error
        self._held.advance()


class GettingZip:
    """One transfer for one reader, into a zip."""

    def __init__(
        self, account: Account, transfer: dict[str, Any], slots: Sequence[dict[str, Any]], options: ZipOptions
    ) -> None:
        self._line: Line = account.line
        self._options = options
        self._transfer = transfer
        self._stop = threading.Event()
        self._source = Source(account, transfer, slots, link_key=options.link_key, passphrase=options.passphrase)

    async def run(self, progress: Progress) -> list[Fetched]:
        """Fetch every file; ``path`` of each is the one in the zip. Raises the ClientError of the first failure; what came waits for the
        next try.
        """
        if self._options.path.exists() and not self._options.replace:
            raise exists(self._options.path)
        sessions = await self._source.open_all()
        pairs = [(session, file) for session, found in sessions for file in found]
        names = ["/".join(parts) for parts in safe_paths([file.record.name for _, file in pairs])]
        entries = [_Entry(number, session, file) for number, (session, file) in enumerate(pairs)]
        zipped = self._opened(entries, names)
        try:
            await zipped.take_up(self._line)
            await self._fetch(zipped, entries, progress)
            zipped.finish(replace=self._options.replace)
        except IntegrityFailed:
            zipped.discard()
            raise
        finally:
            zipped.close()
        for session, found in sessions:
            await self._source.arrived(session, found)
        return [
            Fetched(one.file.id, Path(name), one.file.record.size, zipped.sha256(one.number))
            for one, name in zip(entries, names, strict=True)
        ]

    def _opened(self, entries: Sequence[_Entry], names: Sequence[str]) -> ZipPart:
        modified = int(datetime.fromisoformat(self._transfer["created_at"]).timestamp() * 1000)
        files = [one.file for one in entries]
        return ZipPart(self._options.path, files, names, identity=self._source.transfer_id, modified=modified)

    async def _fetch(self, zipped: ZipPart, entries: Sequence[_Entry], progress: Progress) -> None:
        """Neighbours in packs by runs, other small files several at once, then large ones each in several ranges."""
        progress.add(sum(int(one.file.entry["length"]) for one in entries if zipped.holds(one.number)))
        left = [one for one in entries if not zipped.holds(one.number)]
        pace = Pace(self._options.parallel)

        async def one_of_many(one: _Entry) -> None:
            await self._file(zipped, one, progress, pace)
            pace.add(one.file.record.size)

        async def run(entries: Sequence[_Entry]) -> None:
            await self._run(zipped, entries, progress)
            pace.add(sum(one.file.record.size for one in entries))

        joined = [one for one in left if may_join(one.file)]
        await self._line.each(_runs(joined), run, width=pace.width, stop=self._stop)
        pace = Pace(self._options.parallel)
        alone = [one for one in left if not may_join(one.file)]
        small = [one for one in alone if one.file.record.size <= SMALL_BYTES]
        await self._line.each(small, one_of_many, width=pace.width, stop=self._stop)
        pace = Pace(self._options.parallel)
        for one in alone:
            if one.file.record.size > SMALL_BYTES:
                await self._file(zipped, one, progress, pace)

    async def _run(self, zipped: ZipPart, entries: Sequence[_Entry], progress: Progress) -> None:
        first, contents, digests = entries[0], [], []

        def take(file: RemoteFile, plaintext: memoryview) -> None:
            digest = segment_digest(plaintext)
            require_as_recorded(file, digest=file_digest([digest]), sha256=None)
            contents.append(bytes(plaintext))
            digests.append(digest)
            progress.add(int(file.entry["length"]))

        sink = RunSink([one.file for one in entries], take)
        try:
            await self._fetcher(first, progress).bring(sink.bytes_left, sink, lambda: sink.at)
        finally:
            sink.release()
        zipped.write_run(first.number, contents, digests)

    async def _file(self, zipped: ZipPart, one: _Entry, progress: Progress, pace: Pace) -> None:
        held = await zipped.segments(one.number, self._line)
        await self._fetcher(one, progress).fill(_Place(zipped, held), progress, pace)
        sha256 = held.sha256() or ""
        digest = None if one.file.record.digest is None else held.digest()
        require_as_recorded(one.file, digest=digest, sha256=sha256)
        zipped.finish_file(one.number, sha256, held.crc32())

    def _fetcher(self, one: _Entry, progress: Progress) -> FileFetch:
        renew = partial(self._source.renew, one.session, one.file.id)
        return FileFetch(self._line, one.file, renew, progress, stop=self._stop)


def _runs(entries: Sequence[_Entry]) -> Iterator[Sequence[_Entry]]:
    """Files that lie side by side both in their pack and in the zip, as many as fit one range."""
    for run in runs_of([one.file for one in entries]):
        first = run.start
        for at in range(run.start + 1, run.stop + 1):
            if at == run.stop or entries[at].number != entries[at - 1].number + 1:
                yield entries[first:at]
                first = at
