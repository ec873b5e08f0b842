"""Compatible downloads in the box: a container opens what a guest's browser can't, through a stop in the middle, a cut line, a recall and an expiry.

Everything goes by the front, as it goes by CloudFront in an account.
"""

import hashlib
import http.client
import json
import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Self

from demo.letters import link_in, wait_for_mail
from demo.settings import Failed
from deploy.box.containers import Container
from deploy.box.front import Front
from deploy.box.story import BoxStory

SIZE: Final = 12 << 20
_MIDDLE: Final = 1 << 20
_BUFFER: Final = 1 << 16
# The gate is asked every 10 seconds while bytes move (onprem/runtime/byte_watch.py); the least that a transfer lives is 5 minutes.
_GATE_SECONDS: Final = 11.0
_EXPIRY_SECONDS: Final = 301


class Downloads:
    """``with Downloads(...) as downloads``: a container stands behind the front until the block ends. ``start`` makes one."""

    def __init__(self, story: BoxStory, front: Front, start: Callable[[], Container], folder: Path) -> None:
        self._story = story
        self._front = front
        self._start = start
        self._film = folder / "film.bin"
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def tell(self) -> dict[str, Any]:
        """What was seen: exit codes and lengths; a container goes on serving. Raises Failed."""
        self._film.write_bytes(os.urandom(SIZE))
        first = self._taking_over()
        kept, soon = self._sent("1d"), self._sent("5m")
        told = {"resumed_at": self._resumed(kept[1]), **self._drained(kept[1], first)}
        self._taking_over()
        told |= self._cut(kept, soon)
        self._story.say("recall and expiry cut the downloads under way, and nothing more came")
        return told

    def _taking_over(self) -> Container:
        container = self._running.enter_context(self._start())
        self._front.container = container.port
        return container

    def _sent(self, expires: str) -> tuple[str, str]:
        """(transfer, the path that is the whole right to it)."""
        to = f"phone-{expires}@partner.example"
        sent = self._story.send(self._film, to, "--expires", expires, "--proof", "link")
        link = wait_for_mail(self._story.mails, to, link_in, 120)
        guest = self._asked("/auth/v1/links/verify", {"token": link.partition("#")[2]})["access_token"]
        begun = f"/transfers/v1/transfers/{sent}/downloads"
        session = self._asked(begun, {}, guest)
        chosen = {"files": [file["id"] for file in session["files"]]}
        issued = self._asked(f"{begun}/{session['session']}/addresses", chosen, guest)
        return sent, str(issued["url"]).removeprefix(self._story.url)

    def _asked(self, path: str, body: dict[str, Any], token: str = "") -> Any:
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
        asked = urllib.request.Request(f"{self._story.url}{path}", json.dumps(body).encode(), headers)  # noqa: S310  # the box's own address
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  # as above
            return json.load(answer)

    def _resumed(self, path: str) -> int:
        """A line that is cut in the middle; the rest by a range."""
        with self._opened(path) as answer:
            begun = answer.read(_MIDDLE)
        with self._opened(path, start=len(begun)) as answer:
            if answer.status != 206:
                raise Failed(f"a range of a compatible download was answered with {answer.status}")
            rest = answer.read()
        self._whole(begun + rest)
        self._story.say(f"a compatible download was cut after {len(begun):,} bytes and resumed by its range")
        return len(begun)

    def _drained(self, path: str, container: Container) -> dict[str, Any]:
        """SIGTERM in the middle: nothing new is taken, what is under way comes whole."""
        with self._opened(path) as answer:
            begun = answer.read(_MIDDLE)
            container.told_to_stop()
            refused = self._story.wait(self._turned_away, "the container that was told to stop still takes requests")
            self._whole(begun + answer.read())
        code = container.ended()
        if code:
            raise Failed(f"the container of compatible downloads ended with {code} instead of draining")
        self._story.say(
            "a container that was told to stop turned new requests away and finished the download under way"
        )
        return {"exit_code": code, "turned_away_with": refused}

    def _turned_away(self) -> str:
        with self._opened("/fetch/none") as answer:
            return "503" if answer.status == 503 else ""

    def _cut(self, kept: tuple[str, str], soon: tuple[str, str]) -> dict[str, Any]:
        """Recall of one and expiry of the other while both are on their way."""
        with self._opened(kept[1]) as recalled, self._opened(soon[1]) as expired:
            begun = [len(recalled.read(_MIDDLE)), len(expired.read(_MIDDLE))]
            self._story.recall(kept[0])
            self._story.let_pass(_EXPIRY_SECONDS)
            time.sleep(_GATE_SECONDS)
            came = [first + _rest(answer) for first, answer in zip(begun, (recalled, expired), strict=True)]
        for what, length in zip(("recalled", "expired"), came, strict=True):
            if length >= SIZE:
                raise Failed(f"a download came whole although its transfer was {what} in the middle")
        again = [self._status(kept[1]), self._status(soon[1])]
        if set(again) - {404, 410}:
            raise Failed(f"addresses of ended transfers are answered with {again}")
        return {"recalled_at": came[0], "expired_at": came[1], "then": again, "of": SIZE}

    def _status(self, path: str) -> int:
        with self._opened(path) as answer:
            return answer.status

    def _whole(self, content: bytes) -> None:
        if hashlib.sha256(content).digest() != hashlib.sha256(self._film.read_bytes()).digest():
            raise Failed(f"a compatible download gave {len(content):,} bytes that are not the file")

    @contextmanager
    def _opened(self, path: str, *, start: int = 0) -> Iterator[http.client.HTTPResponse]:
        """An answer that is read slowly: little is taken ahead."""
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            taken.settimeout(120)
            taken.connect(("127.0.0.1", self._front.port))
            wanted = f"range: bytes={start}-\r\n" if start else ""
            host = self._story.url.removeprefix("http://")
            taken.sendall(f"GET {path} HTTP/1.1\r\nhost: {host}\r\n{wanted}connection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(taken, method="GET")
            answer.begin()
            with answer:
                yield answer


def _rest(answer: http.client.HTTPResponse) -> int:
    """Bytes until the end, or until it was cut."""
    came = 0
    try:
        while piece := answer.read(_BUFFER):
            came += len(piece)
    except (http.client.IncompleteRead, OSError) as cut:
        came += len(cut.partial) if isinstance(cut, http.client.IncompleteRead) else 0
    return came
