"""Asking people: on the terminal, never in a pipe; and the signed-in connection each verb begins with."""

import getpass
import re
import sys
from argparse import Namespace
from pathlib import Path

from fumibako.credentials import load
from fumibako.errors import ClientError, NotAllowed, UsageError
from fumibako.http import Api, open_pool
from fumibako.links import Guest, Link, Questions, guest_again, prove
from fumibako.messages import shown_path, text
from fumibako_format.names import display_name


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
        except UnicodeDecodeError as error:
            raise UsageError(
                "file_unreadable",
                text("file_unreadable", path=shown_path(Path(file)), why="UTF-8"),
                text("file_unreadable_hint"),
            ) from error
        except OSError as error:
            raise UsageError(
                "file_unreadable",
                text("file_unreadable", path=shown_path(Path(file)), why=error.strerror),
                text("file_unreadable_hint"),
            ) from error
    if not sys.stdin.isatty():
        raise NotAllowed("no_terminal", text("no_terminal", question=question), text("no_terminal_hint"))
    return getpass.getpass(f"{question} ", stream=sys.stderr)


def id_of(typed: str, kind: str) -> str:
    """An id as it may stand in a path. Raises UsageError("id_wrong"): what has another form exists nowhere."""
    if not re.fullmatch(rf"{kind}_[0-9a-z]{{26}}", typed.strip()):
        raise UsageError("id_wrong", text("id_wrong", typed=display_name(typed), kind=kind), text("id_wrong_hint"))
    return typed.strip()


def parallel_of(options: Namespace) -> int:
    """How many at once, checked. Raises UsageError."""
    if not 1 <= options.parallel <= 32:
        raise UsageError("usage", text("parallel_wrong"), text("usage_hint", prog="fumibako"))
    return int(options.parallel)


def signed_in(options: Namespace) -> Api:
    """The API as the member this computer is signed in as. Raises NotAllowed("signed_out")."""
    credentials, kept = load()
    return Api(credentials, open_pool(connections=getattr(options, "parallel", 4) + 4), kept=kept)


def as_guest(options: Namespace, link: Link) -> tuple[Guest, str | None]:
    """The guest that a link makes of whoever holds it, after its proof; and the passphrase, if that was the proof."""
    pool = open_pool(connections=getattr(options, "parallel", 4) + 4)
    guest = guest_again(pool, link)
    if guest is not None:
        return guest, None
    code_file, passphrase_file = getattr(options, "code_file", None), getattr(options, "passphrase_file", None)
    return prove(
        pool,
        link,
        Questions(
            code=lambda hint: ask_secret(text("ask_code", address=hint), code_file),
            passphrase=lambda: ask_secret(text("ask_passphrase"), passphrase_file),
            address=lambda: getattr(options, "address", None) or ask(text("ask_address")),
            wrong=_wrong,
            can_repeat=code_file is None,
        ),
    )


def _wrong(error: ClientError) -> None:
    tell(error.message)
