"""Download sessions: the files of a transfer with their keys and signed URLs, renewed while they last (spec/api.md, downloads)."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fumibako.account import Account
from fumibako.answers import server_wrong
from fumibako.downloads.keys import RemoteFile, open_slots, remote_file
from fumibako.errors import UsageError
from fumibako.line import Answer

FILES_A_SESSION = 256
MOST_FILES = 10_000


@dataclass
class Session:
    """``id`` changes where the first one idled out."""

    id: str


class Source:
    """One transfer for one reader. Raises NotAllowed where a sealed one is not opened by what was given."""

    def __init__(
        self,
        account: Account,
        transfer: dict[str, Any],
        slots: Sequence[dict[str, Any]],
        *,
        link_key: str | None,
        passphrase: str | None,
    ) -> None:
        self.account = account
        self.transfer_id = str(transfer["id"])
        self._base = f"/transfers/v1/transfers/{self.transfer_id}"
        self._transfer_key: bytes | None = None
        if transfer["class"] == "sealed":
            self._transfer_key = open_slots(slots, self.transfer_id, link_key=link_key, passphrase=passphrase)

    async def list_ids(self) -> list[str]:
        """The ids of all files, in order."""
        ids: list[str] = []
        cursor: str | None = None
        while True:
            page = await self.account.get(f"{self._base}/files", cursor=cursor, limit=200)
            ids += [one["id"] for one in page["items"]]
            cursor = page.get("next")
            if len(set(ids)) != len(ids) or len(ids) > MOST_FILES:
                raise server_wrong("list of files")
            if not cursor:
                return ids

    async def open_all(self) -> list[tuple[Session, list[RemoteFile]]]:
        """Every file, in as many sessions as it takes."""
        ids = await self.list_ids()
        opened: dict[int, tuple[Session, list[RemoteFile]]] = {}
        asking, line = self.account.line.lock(), self.account.line

        async def one(at: int) -> None:
            # One call at a time, since they count on the same counters; what it gave is opened while the next one is asked.
            async with asking:
                answer = await self._ask(ids[at : at + FILES_A_SESSION])
            opened[at] = self._opened(answer, ids[at : at + FILES_A_SESSION])

        places = range(0, len(ids), FILES_A_SESSION)
        await line.each(places, one, width=lambda: 2, stop=threading.Event())
        return [opened[at] for at in places]

    async def open(self, ids: Sequence[str]) -> tuple[Session, list[RemoteFile]]:
        """These files, counted as downloads."""
        return self._opened(await self._ask(ids), ids)

    async def _ask(self, ids: Sequence[str]) -> Answer:
        return await self.account.post(f"{self._base}/downloads", {"files": list(ids)})

    def _opened(self, answer: Answer, ids: Sequence[str]) -> tuple[Session, list[RemoteFile]]:
        if [entry["id"] for entry in answer["files"]] != list(ids):
            raise server_wrong("list of files")
        files = [remote_file(entry, self.transfer_id, self._transfer_key) for entry in answer["files"]]
        return Session(str(answer["session"])), files

    async def renew(self, session: Session, file: str) -> dict[str, Any]:
        """Fresh URLs. A session that idled out while others ran is opened anew; what has not arrived is not counted again."""
        wanted: dict[str, Any] = {"files": [file], "session": session.id}
        try:
            answer = await self.account.post(f"{self._base}/downloads", wanted)
        except UsageError as error:
            if error.code != "download_over":
                raise
            answer = await self.account.post(f"{self._base}/downloads", {"files": [file]})
            session.id = str(answer["session"])
        if [entry["id"] for entry in answer["files"]] != [file]:
            raise server_wrong("list of files")
        return dict(answer["files"][0])

    async def arrived(self, session: Session, files: Sequence[RemoteFile]) -> None:
        """Tell the server that these are here, whole."""
        path = f"{self._base}/downloads/{session.id}/complete"
        await self.account.post(path, {"files": [file.id for file in files]})
