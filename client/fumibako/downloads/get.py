"""Fetching a whole transfer: session, files, places on the disk, and the word to the server that all arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from fumibako_format.names import safe_paths

FILES_A_SESSION = 256


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
            if not cursor:
                return ids

    def run(self, progress: Progress) -> list[Fetched]:
        """Fetch every file. Raises the ClientError of the first failure; whole files stay, parts wait for the next try."""
        ids = self.list_ids()
        sessions = [self._open(ids[at : at + FILES_A_SESSION]) for at in range(0, len(ids), FILES_A_SESSION)]
        files = [(session, file) for session, found in sessions for file in found]
        paths = [self._options.folder.joinpath(*parts) for parts in safe_paths([f.record.name for _, f in files])]
        whole = {} if self._options.replace else self._brought([f for _, f in files], paths)
        fetched = [
            whole.get(f.id) or self._fetch(s, f, path, progress) for (s, f), path in zip(files, paths, strict=True)
        ]
        for session, found in sessions:
            self._api.post(f"{self._base}/downloads/{session}/complete", {"files": [file.id for file in found]})
        return fetched

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

    def _open(self, ids: Sequence[str]) -> tuple[str, list[RemoteFile]]:
        answer = self._api.post(f"{self._base}/downloads", {"files": list(ids)})
        files = [remote_file(entry, self._transfer_id, self._transfer_key) for entry in answer["files"]]
        return str(answer["session"]), files

    def _fetch(self, session: str, file: RemoteFile, path: Path, progress: Progress) -> Fetched:
        part = PartFile(path, identity=file.id, size=file.record.size)

        def renew() -> dict[str, Any]:
            answer = self._api.post(f"{self._base}/downloads", {"files": [file.id], "session": session})
            return dict(answer["files"][0])

        try:
            fetch = FileFetch(self._api.pool, file, part, renew, progress)
            fetch.run(self._options.parallel)
            fetch.check_digest()
            sha256 = part.sha256()
        except IntegrityFailed:
            part.discard()
            raise
        except BaseException:
            part.close()
            raise
        part.finish(replace=self._options.replace)
        return Fetched(file.id, path, file.record.size, sha256)
