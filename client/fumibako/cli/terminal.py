"""Asking people: on the terminal, never in a pipe; and the signed-in connection each verb begins with."""

import getpass
import sys
from argparse import Namespace
from pathlib import Path

from fumibako.credentials import config_folder, load
from fumibako.errors import NotAllowed, UsageError
from fumibako.http import Api, open_pool
from fumibako.messages import text


def tell(sentence: str) -> None:
    """A line for people, on stderr."""
    print(f"fumibako: {sentence}", file=sys.stderr)


def ask(question: str) -> str:
    """A line from the terminal. Raises NotAllowed("no_terminal") where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise NotAllowed("no_terminal", text("no_terminal", question=question), text("no_terminal_hint"))
    print(question, end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def ask_secret(question: str, file: str | None) -> str:
    """A secret from a file (``-`` for stdin), else from the terminal without echo."""
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file:
        try:
            return Path(file).read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            raise UsageError("file_unreadable", text("file_unreadable", path=file, why=error.strerror)) from error
    if not sys.stdin.isatty():
        raise NotAllowed("no_terminal", text("no_terminal", question=question), text("no_terminal_hint"))
    return getpass.getpass(f"{question} ", stream=sys.stderr)


def signed_in(options: Namespace) -> Api:
    """The API as the member this computer is signed in as. Raises NotAllowed("signed_out")."""
    parallel = getattr(options, "parallel", 4)
    return Api(load(), open_pool(connections=parallel + 4), kept_at=config_folder() / "credentials.json")
