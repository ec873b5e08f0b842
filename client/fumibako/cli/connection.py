"""The connection each verb begins with: as a member, as a program, or as the guest that a link makes of whoever holds it."""

import os
from argparse import Namespace
from pathlib import Path

from fumibako.cli.key_file import ProgramApi, read_key_file
from fumibako.cli.preferences import LEAST_PARALLEL, MOST_PARALLEL, preferred_parallel
from fumibako.cli.terminal import ask, ask_secret, tell
from fumibako.credentials import load
from fumibako.errors import ClientError, UsageError
from fumibako.http import Api, Pool, open_pool
from fumibako.links import Guest, Link, Questions, guest_again, prove
from fumibako.messages import text
from fumibako.pace import MOST


def parallel_of(options: Namespace) -> int:
    """How many at once: the option, else what was set, else as many as the line makes worth while. Raises UsageError."""
    chosen = getattr(options, "parallel", None)
    if chosen is None:
        return preferred_parallel() or MOST
    if not LEAST_PARALLEL <= chosen <= MOST_PARALLEL:
        raise UsageError("usage", text("parallel_wrong"), text("usage_hint", prog="fumibako"))
    return int(chosen)


def signed_in(options: Namespace) -> Api:
    """The API as who this command is: ``--key-file``, FUMIBAKO_TOKEN, FUMIBAKO_KEY_FILE, or the sign-in kept here, the first that is there.

    Raises NotAllowed("signed_out"), UsageError.
    """
    given = getattr(options, "key_file", None)
    if given is None and not os.environ.get("FUMIBAKO_TOKEN"):
        given = os.environ.get("FUMIBAKO_KEY_FILE")
    if given:
        key = read_key_file(Path(given), default_url=os.environ.get("FUMIBAKO_URL", ""))
        return ProgramApi(key, _pool(options))
    credentials, kept = load()
    return Api(credentials, _pool(options), kept=kept)


def _pool(options: Namespace) -> Pool:
    return open_pool(connections=parallel_of(options) + 4)


def as_guest(options: Namespace, link: Link) -> tuple[Guest, str | None]:
    """The guest that a link makes of whoever holds it, after its proof; and the passphrase, if that was the proof."""
    pool = _pool(options)
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
