"""A terminal whose `aws` command is read by botocore's models and answered by moto, so that a page's commands run in a real shell.

A function of the shell hands the words to this process through a socket; what it prints is what the page's next command takes.
"""

import json
import os
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.architecture.commands.aws import Call, Wrong, models, parsed

# In place of the command, without a process for each call: words out, exit code and text back.
_COMMAND = """
aws() {
  local line code
  exec {line}<>"/dev/tcp/127.0.0.1/$AWS_TERMINAL"
  printf '%s\\0' "$#" "${AWS_REGION:-}" "$@" >&"$line"
  IFS= read -r code <&"$line"
  if ((code)); then cat <&"$line" >&2; else cat <&"$line"; fi
  exec {line}>&-
  return "$code"
}
"""
# How moto says that it does not know an operation, or nothing of it in this Region.
_UNKNOWN = ("Not yet implemented", "This service is not available in the current Region")


class Terminal:
    """``calls`` are all that were made, ``unanswered`` those (service, operation) that moto does not know."""

    def __init__(self, folder: Path) -> None:
        self.calls: list[Call] = []
        self.unanswered: set[tuple[str, str]] = set()
        self.port = 0
        self._folder = folder

    def run(self, script: str, names: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a script in bash; the first command that fails ends it."""
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_TERMINAL": str(self.port),
            "HOME": str(self._folder),
            **names,
        }
        whole = f"set -euo pipefail\n{_COMMAND}\n{script}"
        return subprocess.run(
            ["bash", "-c", whole], cwd=self._folder, env=environment, capture_output=True, text=True, timeout=120
        )

    def answer(self, words: list[str], region: str) -> tuple[int, str]:
        """Exit code, and what the command prints."""
        try:
            call = parsed(words)
            if call is None:
                return 0, ""
            self.calls.append(call)
            return 0, _printed(call, self._asked(call, region))
        except (Wrong, ClientError) as refused:
            return 254, f"{' '.join(words)}: {refused}\n"

    def _asked(self, call: Call, region: str) -> Any:
        asked = client(call.service, call.region or region)
        method = xform_name(call.operation)
        try:
            if asked.can_paginate(method) and not call.limited:
                return asked.get_paginator(method).paginate(**call.arguments).build_full_result()
            return getattr(asked, method)(**call.arguments)
        except NotImplementedError:
            self.unanswered.add((call.service, call.operation))
        except ClientError as error:
            if not error.response["Error"]["Message"].startswith(_UNKNOWN):
                raise
            self.unanswered.add((call.service, call.operation))
        return {}


@cache
def client(service: str, region: str) -> Any:
    """A client that shares the models by which lines are judged."""
    return models().create_client(service, region_name=region)


def _printed(call: Call, answer: dict[str, Any]) -> str:
    answer = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    if not answer:
        return ""
    found = jmespath.search(call.query, answer) if call.query else answer
    if call.output == "text":
        return _text(found)
    return json.dumps(found, default=str, indent=2) + "\n"


def _text(found: Any) -> str:
    """As the real command: a line for each inner list, values with tabs between."""
    if isinstance(found, dict):
        found = list(found.values())
    if not isinstance(found, list):
        return f"{found}\n"
    if any(isinstance(one, list | dict) for one in found):
        return "".join(_text(one) for one in found)
    return "\t".join(str(one) for one in found) + "\n" if found else ""


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Moto must be on already."""
    with tempfile.TemporaryDirectory() as folder:
        made = Terminal(Path(folder))

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                region, *words = self._words()
                try:
                    code, said = made.answer(words, region)
                except Exception as error:  # noqa: BLE001  # the shell must get an answer, and shows it
                    code, said = 255, f"{words}: {error!r}\n"
                self.wfile.write(f"{code}\n{said}".encode())

            def _words(self) -> list[str]:
                """The region and the words, each ended by a zero byte; their number comes first."""
                read = b""
                while read.count(b"\0") < 2 or read.count(b"\0") < int(read.split(b"\0")[0]) + 2:
                    more = self.connection.recv(65536)
                    assert more, read
                    read += more
                return [one.decode() for one in read.split(b"\0")[1:-1]]

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            made.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            yield made
            server.shutdown()
            thread.join()
