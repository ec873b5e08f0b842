"""Who gets it: addresses from options and from a file."""

import re
from argparse import ArgumentParser, Namespace
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from fumibako.cli.terminal import read_text
from fumibako.errors import UsageError
from fumibako.messages import shown_path, text

MOST_RECIPIENTS: Final = 500
_NAMED = re.compile(r"[^<>]*<[^<>]+>\Z")


def add_recipient_options(verb: ArgumentParser) -> None:
    """``--to`` and ``--recipients-file``."""
    verb.add_argument("--to", action="append", default=[], metavar="ADDRESS", help=text("help_to"))
    verb.add_argument("--recipients-file", type=Path, metavar="FILE", help=text("help_recipients_file"))


def recipients_of(options: Namespace) -> list[dict[str, str]]:
    """All of them, each address once, in the order given. Raises UsageError("file_unreadable"), ("too_many_recipients")."""
    typed = list(options.to)
    if options.recipients_file is not None:
        lines = (line.strip() for line in read_text(options.recipients_file).splitlines())
        typed += [line for line in lines if line and not line.startswith("#")]
        if not typed:
            path = shown_path(options.recipients_file)
            raise UsageError("no_recipients", text("recipients_file_empty", path=path), text("recipients_file_hint"))
    found: dict[str, dict[str, str]] = {}
    for one in typed:
        recipient = _recipient(one)
        found.setdefault(recipient["email"], recipient)
    if len(found) > MOST_RECIPIENTS:
        count = f"{len(found):,}"
        raise UsageError(
            "too_many_recipients", text("too_many_recipients", count=count), text("too_many_recipients_hint")
        )
    return list(found.values())


def _recipient(typed: str) -> dict[str, str]:
    """``address`` or ``Name <address>``; whether it is an address at all is the server's to say, for all at once."""
    if not _NAMED.match(typed):
        return {"email": typed}
    name, email = parseaddr(typed)
    return {"email": email or typed, **({"name": name} if name else {})}
