"""Asking people: on the terminal, never in a pipe, and never where a program called; and telling them in rows."""

import getpass
import re
import sys
from pathlib import Path

from fumibako.cli.manner import MANNER, tell
from fumibako.errors import NotAllowed, UsageError
from fumibako.messages import shown_path, text
from fumibako_format.names import display_name

__all__ = ["ask", "ask_secret", "id_of", "print_row", "read_text", "tell"]


def can_ask() -> bool:
    """Whether a person sits there."""
    return MANNER.asks and sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """A line from the terminal. Raises NotAllowed("no_terminal") where there is nobody to ask."""
    _require_person(question)
    print(display_name(question), end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def ask_secret(question: str, file: str | None) -> str:
    """A secret from a file (``-`` for a line of stdin), else from the terminal without echo."""
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file:
        return read_text(Path(file)).rstrip("\r\n")
    _require_person(question)
    return getpass.getpass(f"{display_name(question)} ", stream=sys.stderr)


def read_text(path: Path) -> str:
    """A small text file that an option names. Raises UsageError("file_unreadable")."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, "UTF-8") from error
    except OSError as error:
        raise _unreadable(path, error.strerror or "") from error


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(
        "file_unreadable", text("file_unreadable", path=shown_path(path), why=why), text("file_unreadable_hint")
    )


def _require_person(question: str) -> None:
    if not can_ask():
        raise NotAllowed("no_terminal", text("no_terminal", question=question), text("no_terminal_hint"))


def print_row(*fields: str) -> None:
    """A line of a table on stdout, with tabs between. Nothing that a server puts into it moves the cursor or makes another column."""
    print("\t".join(display_name(one) for one in fields))


def id_of(typed: str, kind: str) -> str:
    """An id as it may stand in a path. Raises UsageError("id_wrong"): what has another form exists nowhere."""
    if not re.fullmatch(rf"{kind}_[0-9a-z]{{26}}", typed.strip()):
        raise UsageError("id_wrong", text("id_wrong", typed=display_name(typed), kind=kind), text("id_wrong_hint"))
    return typed.strip()
