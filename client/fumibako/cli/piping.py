"""``send -`` and ``get -o -``: one file through a pipe, in constant memory, nothing on this disk."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from fumibako.cli.connection import parallel_of
from fumibako.cli.progress_lines import shown
from fumibako.downloads.session import Source
from fumibako.downloads.stream import fetch_to_stream
from fumibako.driving import run
from fumibako.errors import UsageError
from fumibako.http import Api
from fumibako.messages import text
from fumibako.results import Streamed
from fumibako.uploads.send import Sent
from fumibako.uploads.streams import send_stream
from fumibako.uploads.upload import SendOptions
from fumibako_format.errors import NameInvalid
from fumibako_format.names import check_name

PIPE: Final = Path("-")


def is_from_pipe(options: Namespace) -> bool:
    """Whether ``send`` reads stdin. Raises UsageError("usage") where that does not go with what else was given, ("name_invalid")."""
    if PIPE not in options.files:
        if options.name is not None:
            raise _refused("name_needs_pipe")
        return False
    if len(options.files) > 1:
        raise _refused("pipe_alone")
    if not options.name:
        raise _refused("pipe_needs_name")
    if "-" in (options.code_file, options.passphrase_file):
        raise _refused("pipe_taken")
    if options.idempotency_key is not None or options.dry_run:
        # What a pipe holds is known only when it was read: nobody could say whether it is the same again.
        raise _refused("pipe_once")
    try:
        check_name(options.name)
    except NameInvalid as error:
        raise UsageError("name_invalid", error.message, error.hint) from error
    return True


def _refused(key: str) -> UsageError:
    said = {
        "name_needs_pipe": text("name_needs_pipe"),
        "pipe_alone": text("pipe_alone"),
        "pipe_needs_name": text("pipe_needs_name"),
        "pipe_taken": text("pipe_taken"),
        "pipe_once": text("pipe_once"),
    }
    return UsageError("usage", said[key], text("usage_hint", prog="fumibako send"))


class _Counted:
    """stdin, and how much came from it."""

    def __init__(self) -> None:
        self.bytes = 0

    async def read(self, count: int) -> bytes:
        data = sys.stdin.buffer.read(count)
        self.bytes += len(data)
        return data


def send_pipe(api: Api, name: str, chosen: SendOptions) -> tuple[Sent, int]:
    """Send all of stdin as one file; gives its size too. Raises ClientError; then nothing of it stays on the server."""
    source = _Counted()
    with shown(text("sending"), None) as progress:
        sent = run(send_stream(api.account, source.read, name, chosen, progress=progress))
    return sent, source.bytes


def fetch_to_pipe(
    api: Api, transfer: dict[str, Any], options: Namespace, *, key: str | None, passphrase: str | None
) -> Streamed:
    """One file to stdout, in order; nothing of a segment before its tag held. Raises ClientError, BrokenPipeError."""

    async def write(data: memoryview) -> None:
        sys.stdout.buffer.write(data)

    source = Source(api.account, transfer, transfer.get("slots") or [], link_key=key, passphrase=passphrase)
    with shown(text("fetching"), transfer["bytes"]) as progress:
        streamed = run(fetch_to_stream(source, write, progress, file=options.file, parallel=parallel_of(options)))
    sys.stdout.buffer.flush()
    return streamed
