"""Commands and events of the DevTools protocol over two pipes: JSON messages that end in NUL."""

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

PATIENCE = 60.0
Event = Callable[[dict[str, Any]], None]


class BrowserFailed(Exception):
    """Chromium answered with an error, or went away."""


class Pipe:
    """``reading`` and ``writing`` are file descriptors, closed by ``close``. Events are handed out on the thread that reads."""

    def __init__(self, reading: int, writing: int) -> None:
        self._in, self._out = reading, writing
        self._open: tuple[int, ...] = (reading, writing)
        self._answers: dict[int, Future[dict[str, Any]]] = {}
        self._events: dict[tuple[str, str], list[Event]] = {}
        self._number = 0
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="devtools", daemon=True)
        self._reader.start()

    def call(
        self, method: str, *, session: str | None = None, timeout: float = PATIENCE, **parameters: Any
    ) -> dict[str, Any]:
        """One command. Raises BrowserFailed, TimeoutError."""
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            self._number += 1
            number = self._number
            self._answers[number] = answer
            message = {
                "id": number,
                "method": method,
                "params": parameters,
                **({"sessionId": session} if session else {}),
            }
            try:
                if not self._open:
                    raise BrokenPipeError
                _write(self._out, json.dumps(message).encode() + b"\0")
            except OSError as gone:
                raise BrowserFailed("Chromium is gone.") from gone
        return answer.result(timeout)

    def on(self, method: str, take: Event, *, session: str = "") -> None:
        """Called with the parameters of every such event."""
        self._events.setdefault((session, method), []).append(take)

    def close(self) -> None:
        """When the other side is gone: the reader ends by itself."""
        self._reader.join(10)
        # Once: another file may have the number by now.
        open_ones, self._open = self._open, ()
        for descriptor in open_ones:
            os.close(descriptor)

    def _read(self) -> None:
        held = b""
        while True:
            try:
                found = os.read(self._in, 1 << 20)
            except OSError:
                found = b""
            if not found:
                break
            *messages, held = (held + found).split(b"\0")
            for one in messages:
                self._take(json.loads(one))
        for waiting in list(self._answers.values()):
            if not waiting.done():
                waiting.set_exception(BrowserFailed("Chromium is gone."))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            waiting = self._answers.pop(message["id"], None)
            if waiting is None:
                return
            if "error" in message:
                waiting.set_exception(BrowserFailed(str(message["error"].get("message"))))
            else:
                waiting.set_result(message.get("result", {}))
            return
        for take in self._events.get((message.get("sessionId", ""), message["method"]), []):
            take(message.get("params", {}))


def _write(descriptor: int, message: bytes) -> None:
    left = memoryview(message)
    while left:
        left = left[os.write(descriptor, left) :]
