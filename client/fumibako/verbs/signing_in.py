"""Who a door speaks for: a member, the guest of a link, the service account of a key file."""

from collections.abc import Awaitable, Callable
from os import PathLike
from pathlib import Path

from fumibako.account import Account, ask_open, take_tokens
from fumibako.credentials import Credentials, SignInFile, load
from fumibako.errors import ClientError, NotAllowed
from fumibako.guests import Answers, visit, visit_again
from fumibako.line import Line
from fumibako.links import parse_link
from fumibako.messages import text
from fumibako.verbs.core import Core

# Given a hint of the address that the one-time code went to; gives the code.
Code = Callable[[str], str | Awaitable[str]]


def signed_in(url: str | None, token: str | None) -> tuple[Credentials, SignInFile | None]:
    """The sign-in that was given, or the one in force on this computer with its file. Raises NotAllowed("signed_out")."""
    if url is not None and token is not None:
        return Credentials(url.rstrip("/"), token, access_expires_at=float("inf")), None
    return load()


async def as_guest(line: Line, address: str, code: Code | None, passphrase: str | None) -> Core:
    """The guest whom a link invites. Raises NotAllowed, Gone, NotFound, UsageError("link_wrong")."""
    link = parse_link(address)
    found, used = await visit_again(line, link), passphrase
    if found is None:

        async def asked_code(hint: str) -> str:
            if code is None:
                raise NotAllowed("no_terminal", text("no_terminal", question=hint), text("no_terminal_hint"))
            given = code(hint)
            return given if isinstance(given, str) else await given

        async def asked_passphrase() -> str:
            if passphrase is None:
                raise NotAllowed("key_missing", text("key_missing"), text("key_missing_hint"))
            return passphrase

        answers = Answers(asked_code, asked_passphrase, lambda: asked_code("address"), _pass, can_repeat=False)
        found, used = await visit(line, link, answers)
    return Core(found.account, found.subject, link.key, used)


def as_program(line: Line, path: str | PathLike[str]) -> Core:
    """The service account of a key file. Raises UsageError("key_file_wrong")."""
    # Imported here: only programs need it.
    from fumibako.cli.key_file import client_proof, read_key_file  # noqa: PLC0415

    key = read_key_file(Path(path))
    # Never sent: it only says that this sign-in can be renewed.
    credentials = Credentials(key.url, "", refresh_token="client_credentials")  # noqa: S106  # no secret

    async def ask() -> None:
        answer = await ask_open(line, key.url, "/auth/v1/token", client_proof(key))
        take_tokens(credentials, {**answer, "refresh_token": None})

    return Core(Account(credentials, line, ask=ask))


def _pass(_: ClientError) -> None:
    """Nobody is asked twice."""
