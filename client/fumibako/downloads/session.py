"""Download sessions: the files of a transfer with their keys and signed URLs, renewed while they last (spec/api.md, downloads)."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

from fumibako.account import Account
from fumibako.answers import server_id, server_wrong
from fumibako.downloads.keys import RemoteFile, open_slots, remote_file
from fumibako.errors import UsageError
from fumibako.line import Answer

FILES_A_SESSION = 500
MOST_FILES = 10_000


@dataclass
class Session:
    """``id`` changes where the first one idled out."""

    id: str


Opened = tuple[Session, list[RemoteFile]]


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
        self.transfer_id = server_id(transfer["id"], "tr")
        self._count = int(transfer["files"])
        self._limited = transfer.get("max_downloads") is not None
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

    async def open_all(self) -> list[Opened]:
        """Every file, in as many sessions as it takes."""
        if self._limited:
            # By name: the server then refuses all rather than count those that are left, and says which are not.
            return await self._open_pages(await self.list_ids())
        sessions = await self._open_pages(None)
        ids = [file.id for _, files in sessions for file in files]
        if len(set(ids)) != len(ids) or len(ids) != self._count:
            raise server_wrong("list of files")
        return sessions

    async def _open_pages(self, ids: list[str] | None) -> list[Opened]:
        pages = _Pages(self._ask, self.account.line.lock(), ids)
        opened: dict[int, Opened] = {}

        async def one(_: int) -> None:
            # What a page gave is opened while the next one is asked.
            page = await pages.next()
            if page is not None:
                number, answer = page
                opened[number] = self._opened(answer)

        turns = takewhile(lambda _: not pages.over, count())
        await self.account.line.each(turns, one, width=lambda: 2, stop=threading.Event())
        return [opened[number] for number in sorted(opened)]

    async def open(self, ids: Sequence[str]) -> Opened:
        """These files, counted as downloads."""
        answer = await self._ask({"files": list(ids)})
        if [entry["id"] for entry in answer["files"]] != list(ids):
            raise server_wrong("list of files")
        return self._opened(answer)

    async def _ask(self, wanted: dict[str, Any]) -> Answer:
        return await self.account.post(f"{self._base}/downloads", wanted)

    def _opened(self, answer: Answer) -> Opened:
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


class _Pages:
    """The answers for all files of a transfer, in order, one call at a time: those of ``ids``, or from the beginning on."""

    def __init__(
        self,
        ask: Callable[[dict[str, Any]], Awaitable[Answer]],
        asking: AbstractAsyncContextManager[None],
        ids: Sequence[str] | None,
    ) -> None:
        self._ask = ask
        self._asking = asking
        self._ids = ids
        self._number = self._files = 0
        self._cursor: str | None = None
        self.over = ids is not None and not ids

    async def next(self) -> tuple[int, Answer] | None:
        """The next one and its number; None behind the last. Raises NetworkFailed("server_wrong")."""
        async with self._asking:
            if self.over:
                return None
            answer = await (self._following() if self._ids is None else self._named(self._ids))
            self._number += 1
            return self._number - 1, answer

    async def _following(self) -> Answer:
        """Each answer says where the next begins."""
        answer = await self._ask({} if self._cursor is None else {"cursor": self._cursor})
        self._cursor, found = answer.get("next"), len(answer["files"])
        self._files += found
        if self._files > MOST_FILES or (self._cursor is not None and not found):
            raise server_wrong("list of files")
        self.over = self._cursor is None
        return answer

    async def _named(self, ids: Sequence[str]) -> Answer:
        wanted = list(ids[self._files : self._files + FILES_A_SESSION])
        answer = await self._ask({"files": wanted})
        if [entry["id"] for entry in answer["files"]] != wanted:
            raise server_wrong("list of files")
        self._files += len(wanted)
        self.over = self._files >= len(ids)
        return answer
