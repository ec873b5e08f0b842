"""The command line in processes that are forked off one that has loaded it already: hundreds of real runs, without a third of a second each
for imports. ``python -m tests.faults.forked_commands`` reads one JSON line of arguments after the other and answers with one of
``{"code", "out", "err"}``. CLIENT_IDLE_SECONDS takes the place of the 60 s after which the client gives up a connection that says nothing,
CLIENT_LONGEST_PAUSE that of the 30 s between two attempts.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from fumibako import byte_connections, retries
from fumibako.cli.command import run

from tests.e2e.support.people import Person


def forked(arguments: list[str], folder: Path) -> dict[str, int | str]:
    """One run in a process of its own; what it printed and its exit code."""
    paths = {1: folder / "out", 2: folder / "err"}
    child = os.fork()
    if child == 0:
        for descriptor, path in paths.items():
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        _run(arguments)
    _, status = os.waitpid(child, 0)
    printed = {name: paths[descriptor].read_text() for name, descriptor in (("out", 1), ("err", 2))}
    return {"code": os.waitstatus_to_exitcode(status), **printed}


def _run(arguments: list[str]) -> None:
    code = 1
    try:
        code = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  # this process must not go on as the parent's twin
        traceback.print_exc()
    finally:
        os._exit(code)


def serve() -> None:
    """Until stdin ends."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open() as nothing:
        lines = os.fdopen(os.dup(0))
        # What is forked off must not read what comes next.
        os.dup2(nothing.fileno(), 0)
        for line in iter(lines.readline, ""):
            print(json.dumps(forked(json.loads(line), Path(folder))), flush=True)  # noqa: T201


class ForkedPerson(Person):
    """``with ForkedPerson(home) as person``: a Person whose commands, where nothing is to be typed into them, are forked off; one at a time."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.forked_commands"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, env=self.environment(), stdin=pipe, stdout=pipe, text=True, start_new_session=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def attempt(self, *arguments: str, given: str = "", seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """A command to its end, whatever that is."""
        if given:
            return super().attempt(*arguments, given=given, seconds=seconds)
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        try:
            _stream(self._process.stdin).write(json.dumps(arguments) + "\n")
            _stream(self._process.stdin).flush()
            answer = _stream(self._process.stdout).readline()
        finally:
            late.cancel()
        if not answer:
            raise subprocess.TimeoutExpired(arguments, seconds)
        ended = json.loads(answer)
        return subprocess.CompletedProcess(arguments, ended["code"], ended["out"], ended["err"])


def _stream(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise AssertionError("the process was started with pipes")
    return stream


if __name__ == "__main__":
    if "CLIENT_IDLE_SECONDS" in os.environ:
        byte_connections.IDLE_SECONDS = float(os.environ["CLIENT_IDLE_SECONDS"])
    if "CLIENT_LONGEST_PAUSE" in os.environ:
        retries.LONGEST_PAUSE = float(os.environ["CLIENT_LONGEST_PAUSE"])
    serve()
