"""Fetching a whole transfer: session, files, places on the disk, and the word to the server that all arrived."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fumibako.downloads.fetch import FileFetch
from fumibako.downloads.keys import RemoteFile, open_slots, remote_file
from fumibako.downloads.part_file import PartFile
from fumibako.downloads.present import sha256_if_whole
from fumibako.errors import IntegrityFailed, UsageError
from fumibako.http import Api
from fumibako.messages import text
from fumibako.progress import Progress
from fumibako.threads import in_parallel
from fumibako.transport import server_wrong
from fumibako_format.names import safe_paths

FILES_A_SESSION = 256
MOST_FILES = 10_000
# What fits in one range.
SMALL_BYTES = 7 << 20


@dataclass(frozen=True)
class Fetched:
    """One file as it lies on the disk now; ``sha256`` over its whole content."""

    id: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class GetOptions:
    """``link_key`` and ``passphrase`` open sealed transfers; ``replace`` overwrites what is in the way."""

    folder: Path
    link_key: str | None = None
    passphrase: str | None = None
    replace: bool = False
    parallel: int = 4


class Getter:
    """One transfer for one reader."""

    def __init__(
        self, api: Api, transfer: dict[str, Any], slots: Sequence[dict[str, Any]], options: GetOptions
    ) -> None:
        self._api = api
        self._transfer_id = str(transfer["id"])
        self._options = options
        self._base = f"/transfers/v1/transfers/{self._transfer_id}"
        self._transfer_key: bytes | None = None
        if transfer["class"] == "sealed":
            self._transfer_key = open_slots(
                slots, self._transfer_id, link_key=options.link_key, passphrase=options.passphrase
            )

    def list_ids(self) -> list[str]:
        """The ids of all files, in order."""
        ids: list[str] = []
        cursor: str | None = None
        while True:
            page = self._api.get(f"{self._base}/files", cursor=cursor, limit=200)
            ids += [one["id"] for one in page["items"]]
            cursor = page.get("next")
            if len(set(ids)) != len(ids) or len(ids) > MOST_FILES:
                raise server_wrong("list of files")
            if not cursor:
                return ids

    def run(self, progress: Progress) -> list[Fetched]:
        """Fetch every file. Raises the ClientError of the first failure; whole files stay, parts wait for the next try."""
        ids = self.list_ids()
        sessions = [self._open(ids[at : at + FILES_A_SESSION]) for at in range(0, len(ids), FILES_A_SESSION)]
        files = [(session, file) for session, found in sessions for file in found]
        paths = [self._options.folder.joinpath(*parts) for parts in safe_paths([f.record.name for _, f in files])]
        fetched = {} if self._options.replace else self._brought([f for _, f in files], paths)
        for done in fetched.values():
            progress.add(done.size)
        wanted = [
            _Wanted(session, file, path)
            for (session, file), path in zip(files, paths, strict=True)
            if file.id not in fetched
        ]
        self._fetch_all(wanted, fetched, progress)
        for session, found in sessions:
            self._api.post(f"{self._base}/downloads/{session.id}/complete", {"files": [file.id for file in found]})
        return [fetched[file.id] for _, file in files]

    def _fetch_all(self, wanted: Sequence["_Wanted"], fetched: dict[str, Fetched], progress: Progress) -> None:
        """Small files several at once, then large ones each in several ranges: the line is full and memory the same either way."""

        def one_of_many(one: _Wanted) -> None:
            fetched[one.file.id] = self._fetch(one, progress, stop)

        stop = threading.Event()
        small = [one for one in wanted if one.file.record.size <= SMALL_BYTES]
        in_parallel(small, one_of_many, parallel=min(self._options.parallel, len(small)), stop=stop, name="file")
        for one in wanted:
            if one.file.record.size > SMALL_BYTES:
                one_of_many(one)

    def _brought(self, files: Sequence[RemoteFile], paths: Sequence[Path]) -> dict[str, Fetched]:
        """What an earlier run of this command brought. Raises UsageError("exists") where something else is in the way."""
        brought = {}
        for file, path in zip(files, paths, strict=True):
            if path.exists():
                sha256 = sha256_if_whole(path, file.record)
                if sha256 is None:
                    raise UsageError("exists", text("exists", path=path), text("exists_hint"))
                brought[file.id] = Fetched(file.id, path, file.record.size, sha256)
        return brought

    def _open(self, ids: Sequence[str]) -> tuple["_Session", list[RemoteFile]]:
        answer = self._api.post(f"{self._base}/downloads", {"files": list(ids)})
        if [entry["id"] for entry in answer["files"]] != list(ids):
            raise server_wrong("list of files")
        files = [remote_file(entry, self._transfer_id, self._transfer_key) for entry in answer["files"]]
        return _Session(str(answer["session"])), files

    def _renew(self, session: "_Session", file: str) -> dict[str, Any]:
        """Fresh URLs. A session that idled out while others ran is opened anew; what has not arrived is not counted again."""
        wanted: dict[str, Any] = {"files": [file], "session": session.id}
        try:
            answer = self._api.post(f"{self._base}/downloads", wanted)
        except UsageError as error:
            if error.code != "download_over":
                raise
            answer = self._api.post(f"{self._base}/downloads", {"files": [file]})
            session.id = str(answer["session"])
        if [entry["id"] for entry in answer["files"]] != [file]:
            raise server_wrong("list of files")
        return dict(answer["files"][0])

    def _fetch(self, one: "_Wanted", progress: Progress, stop: threading.Event) -> Fetched:
        file = one.file
        part = PartFile(one.path, identity=file.id, size=file.record.size)
        try:
            renew = partial(self._renew, one.session, file.id)
            fetch = FileFetch(self._api.pool, file, part, renew, progress, stop=stop)
            fetch.run(self._options.parallel)
            sha256 = part.sha256()
            fetch.check_digest(sha256)
            part.finish(replace=self._options.replace)
        except IntegrityFailed:
            part.discard()
            raise
        except BaseException:
            part.close()
            raise
        return Fetched(file.id, one.path, file.record.size, sha256)


@dataclass
class _Session:
    id: str


@dataclass(frozen=True)
class _Wanted:
    session: _Session
    file: RemoteFile
    path: Path
