"""Fetching a whole transfer: session, files, places on the disk, and the word to the server that all arrived."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fumibako.account import Account
from fumibako.disk.refusals import exists
from fumibako.downloads.fetch import FileFetch
from fumibako.downloads.keys import RemoteFile
from fumibako.downloads.part_file import PartFile
from fumibako.downloads.present import checksum_of, sha256_if_whole
from fumibako.downloads.session import Source
from fumibako.downloads.together import Together, runs_among
from fumibako.downloads.wanted import Fetched, Wanted, require_as_recorded
from fumibako.driving import run
from fumibako.errors import IntegrityFailed
from fumibako.http import Api
from fumibako.pace import MOST, Pace
from fumibako.progress import Progress
from fumibako_format.names import safe_paths

# What fits in one range.
SMALL_BYTES = 7 << 20


@dataclass(frozen=True)
class GetOptions:
    """``link_key`` and ``passphrase`` open sealed transfers; ``replace`` overwrites what is in the way.

    ``parallel``: the most ranges in flight. ``sha256``: compute it while the bytes come, because it will be asked for.
    """

    folder: Path
    link_key: str | None = None
    passphrase: str | None = None
    replace: bool = False
    parallel: int = MOST
    sha256: bool = True


class Getter:
    """``Getting`` on this thread and its helpers."""

    def __init__(
        self, api: Api, transfer: dict[str, Any], slots: Sequence[dict[str, Any]], options: GetOptions
    ) -> None:
        self._getting = Getting(api.account, transfer, slots, options)

    def list_ids(self) -> list[str]:
        """The ids of all files, in order."""
        return run(self._getting.source.list_ids())

    def run(self, progress: Progress) -> list[Fetched]:
        """Fetch every file. Raises the ClientError of the first failure; whole files stay, parts wait for the next try."""
        return run(self._getting.run(progress))


class Getting:
    """One transfer for one reader, onto the disk."""

    def __init__(
        self, account: Account, transfer: dict[str, Any], slots: Sequence[dict[str, Any]], options: GetOptions
    ) -> None:
        self._line = account.line
        self._options = options
        self.source = Source(account, transfer, slots, link_key=options.link_key, passphrase=options.passphrase)

    async def run(self, progress: Progress) -> list[Fetched]:
        """Fetch every file. Raises the ClientError of the first failure; whole files stay, parts wait for the next try."""
        sessions = await self.source.open_all()
        files = [(session, file) for session, found in sessions for file in found]
        paths = [self._options.folder.joinpath(*parts) for parts in safe_paths([f.record.name for _, f in files])]
        fetched = {} if self._options.replace else await self._brought([f for _, f in files], paths)
        for done in fetched.values():
            progress.add(done.size)
        wanted = [
            Wanted(session, file, path)
            for (session, file), path in zip(files, paths, strict=True)
            if file.id not in fetched
        ]
        await self._fetch_all(wanted, fetched, progress)
        for session, found in sessions:
            await self.source.arrived(session, found)
        return [fetched[file.id] for _, file in files]

    async def _fetch_all(self, wanted: Sequence[Wanted], fetched: dict[str, Fetched], progress: Progress) -> None:
        """Neighbours in packs by runs, other small files several at once, then large ones each in several ranges: the line is full and
        memory the same either way.
        """
        runs = runs_among(wanted)
        if runs:
            together = Together(self._line, self.source, fetched, progress)
            await together.fetch(
                runs, self._options.folder, Pace(self._options.parallel), replace=self._options.replace
            )
            wanted = [one for one in wanted if one.file.id not in fetched]
        stop, pace = threading.Event(), Pace(self._options.parallel)

        async def one_of_many(one: Wanted) -> None:
            fetched[one.file.id] = await self._fetch(one, progress, stop, pace)
            pace.add(one.file.record.size)

        small = [one for one in wanted if one.file.record.size <= SMALL_BYTES]
        await self._line.each(small, one_of_many, width=pace.width, stop=stop)
        pace = Pace(self._options.parallel)
        for one in wanted:
            if one.file.record.size > SMALL_BYTES:
                fetched[one.file.id] = await self._fetch(one, progress, stop, pace)

    async def _brought(self, files: Sequence[RemoteFile], paths: Sequence[Path]) -> dict[str, Fetched]:
        """What an earlier run of this command brought. Raises UsageError("exists") where something else is in the way."""
        brought = {}
        for file, path in zip(files, paths, strict=True):
            if path.exists():
                sha256 = await sha256_if_whole(path, file, self._line)
                if sha256 is None:
                    raise exists(path)
                brought[file.id] = Fetched(file.id, path, file.record.size, sha256)
        return brought

    async def _fetch(self, one: Wanted, progress: Progress, stop: threading.Event, pace: Pace) -> Fetched:
        file, size = one.file, one.file.record.size
        part = PartFile(one.path, identity=file.id, size=size, sync_every=self._line.sync_every)
        try:
            await part.take_up(self._line)
            if self._options.sha256 or checksum_of(file):
                part.hash_along()
            fetch = FileFetch(self._line, file, partial(self.source.renew, one.session, file.id), progress, stop=stop)
            await fetch.fill(part, progress, pace)
            sha256 = part.sha256()
            digest = None if file.record.digest is None else part.digest()
            require_as_recorded(file, digest=digest, sha256=sha256)
            part.finish(replace=self._options.replace)
        except IntegrityFailed:
            part.discard()
            raise
        finally:
            part.close()
        return Fetched(file.id, one.path, size, sha256)


__all__ = ["Fetched", "GetOptions", "Getter", "Getting"]
