"""Runs the emulator with the patches it needs and a journal of what it was asked. It runs in .venv-box, and imports nothing else of the project
than what stands beside it.
"""

import importlib
import json
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from deploy.box.operations import Request, caller_of, operation_of, units_of
from deploy.box.patches import patch
from deploy.box.shapes import paths_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# The box's own user agent (emulator.OWN): what it asks is no part of the story.
_OWN: Final = "fumibako-box"
# Of longer bodies only the length is of interest: they are parts of files.
_LONGEST: Final = 1 << 20


class Journal:
    """Lines of JSON, one for each request of an operation of AWS, each request of an API, each invocation."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="ascii", buffering=1)  # noqa: PTH123, SIM115  # open until the process ends
        self._lock = threading.Lock()

    def note(self, **fields: object) -> None:
        """One line."""
        line = json.dumps(fields, separators=(",", ":"))
        with self._lock:
            self._file.write(line + "\n")


def main() -> int:
    """Patch, then serve until SIGTERM."""
    end_with_parent()
    journal = Journal(os.environ["BOX_JOURNAL"])
    patch()
    _note_invocations(
        importlib.import_module("ministack.services.lambda_svc"), journal, Journal(os.environ["BOX_EVENTS"])
    )
    emulator: Any = importlib.import_module("ministack.app")
    emulator.app = _noted(emulator.app, journal)
    return int(emulator.main() or 0)


def end_with_parent(every: float = 1.0) -> None:
    """End this whole process group, functions included, once whoever started it is gone: a test that was killed stops nothing itself."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def source_of(event: object) -> str:
    """Who called a function, told by the shape of its event."""
    if not isinstance(event, dict):
        return "other"
    records = event.get("Records")
    if isinstance(records, list) and records:
        return {"aws:sqs": "queue", "aws:dynamodb": "stream"}.get(str(records[0].get("eventSource")), "other")
    if event.get("source") == "aws.events":
        return "schedule"
    if event.get("type") == "TOKEN":
        return "authorizer"
    return "api" if "httpMethod" in event else "other"


def _noted(app: Any, journal: Journal) -> Any:
    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        seen = _Seen(scope)
        try:
            await app(scope, seen.receiving(receive), seen.sending(send))
        finally:
            seen.note(journal)

    return noted


class _Seen:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self._bodies: tuple[list[bytes], list[bytes]] = ([], [])
        self._sizes = [0, 0]
        self._status = 0

    def receiving(self, receive: Receive) -> Receive:
        async def received() -> Message:
            message = await receive()
            self._take(0, message.get("body", b""))
            return message

        return received

    def sending(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            self._status = message.get("status", self._status)
            self._take(1, message.get("body", b""))
            await send(message)

        return sent

    def _take(self, side: int, body: bytes) -> None:
        self._sizes[side] += len(body)
        if self._sizes[side] <= _LONGEST:
            self._bodies[side].append(body)

    def note(self, journal: Journal) -> None:
        if _OWN in self._headers.get("user-agent", ""):
            return
        asked, said = (b"".join(parts) for parts in self._bodies)
        query = self._scope["query_string"].decode("latin-1")
        request = Request(self._scope["method"], self._scope["path"], query, self._headers, asked)
        operation = operation_of(request)
        sizes = {"status": self._status, "in": self._sizes[0], "out": self._sizes[1]}
        if operation:
            units = units_of(operation, asked, said)
            told = {"read": units.read, "write": units.write, "items": units.items}
            journal.note(kind="operation", name=operation, caller=caller_of(request), **sizes, **told)
        elif self._is_of_an_api():
            journal.note(kind="request", method=request.method, **sizes)

    def _is_of_an_api(self) -> bool:
        """By the custom domain or the address with _user_request_: neither is signed, and health checks and inboxes are neither."""
        path: str = self._scope["path"]
        by_domain = self._headers.get("host", "").startswith("127.0.0.1:") and not path.startswith("/_")
        return by_domain or "/_user_request_" in path


def kind_of(event: Any) -> str:
    """What tells events of one source apart: the route of a request."""
    return f"{event.get('httpMethod', '')} {event.get('resource', '')}".strip() if isinstance(event, dict) else ""


def _note_invocations(functions: Any, journal: Journal, events: Journal) -> None:
    """Every invocation passes here, whoever asked for it; one that is called again in the function's own Region is counted once.

    ``events`` gets the first event of each kind as it is, secrets of the run included: recording.py scrubs what is kept of it.
    """
    real = functions._execute_function_dispatch  # noqa: SLF001
    shown: set[str] = set()
    kept: set[tuple[str, str]] = set()

    def dispatch(func: Any, config: Any, event: Any, *rest: Any) -> Any:
        began = time.monotonic()
        source, count = source_of(event), len(event.get("Records") or [1]) if isinstance(event, dict) else 1
        if source not in shown:
            shown.add(source)
            journal.note(kind="event", source=source, paths=sorted(paths_of(event)))
        if (source, kind_of(event)) not in kept:
            kept.add((source, kind_of(event)))
            events.note(source=source, kind=kind_of(event), event=event)
        result = real(func, config, event, *rest)
        failed = bool(result.get("error")) if isinstance(result, dict) else False
        seconds = round(time.monotonic() - began, 4)
        told = {"function": config.get("FunctionName", ""), "memory": config.get("MemorySize", 0)}
        journal.note(kind="invocation", source=source, records=count, ok=not failed, seconds=seconds, **told)
        return result

    functions._execute_function_dispatch = dispatch  # noqa: SLF001
