"""How this one command speaks: to a person or to a program, with words or without, and whether it may ask anything."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from fumibako.messages import text
from fumibako_format.names import display_name


@dataclass
class Manner:
    """Of this process. ``json``: stderr carries nothing but one object a failure. ``asks``: questions may be put to the terminal."""

    json: bool = False
    quiet: bool = False
    asks: bool = True

    @property
    def silent(self) -> bool:
        """Neither sentences nor progress are wanted."""
        return self.json or self.quiet


MANNER = Manner()


def begin(arguments: Sequence[str]) -> None:
    """Before anything can fail, so that a wrong command line too is told in the way that was asked for."""
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    MANNER.json = "--json" in words
    MANNER.quiet = "--quiet" in words or "-q" in words
    # Who gave a token or a key file is a program: it must never hang at a question.
    signed = any(os.environ.get(name) for name in ("FUMIBAKO_TOKEN", "FUMIBAKO_KEY_FILE"))
    MANNER.asks = not (signed or "--key-file" in words or "--no-input" in words)


def tell(sentence: str) -> None:
    """A line for people, on stderr; with ``--json`` or ``--quiet`` nothing."""
    if not MANNER.silent:
        tell_always(sentence)


def tell_always(sentence: str) -> None:
    """A line without which the command can't go on: what to open in a browser, for example. What a server put into it moves no cursor."""
    print(f"fumibako: {display_name(sentence)}", file=sys.stderr, flush=True)


def complain(code: str, message: str, hint: str, exit_code: int) -> None:
    """One failure on stderr: what happened, then what to do next; with ``--json`` an object (spec/cli/error.schema.json)."""
    if MANNER.json:
        error = {"code": code, "message": message, "hint": hint, "exit": exit_code}
        print(json.dumps({"error": error}, ensure_ascii=False), file=sys.stderr)
        return
    tell_always(f"{message} [{code}]")
    if hint:
        tell_always(f"{text('next')} {hint}")
