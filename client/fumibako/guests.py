"""Guests: the proof that turns a link into a session, on lines of every kind."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fumibako.account import Account, ask_open, take_tokens
from fumibako.credentials import Credentials, SignInFile, state_folder
from fumibako.errors import ClientError, NotAllowed
from fumibako.line import Answer, Line
from fumibako.messages import text
from fumibako_format.base64url import encode
from fumibako_format.names import display_name
from fumibako_format.slots import passphrase_auth


class GuestLink(Protocol):
    """What is needed of a link (fumibako.links)."""

    @property
    def url(self) -> str: ...
    @property
    def token(self) -> str: ...


@dataclass(frozen=True)
class Visit:
    """A guest who has proved who they are; ``subject`` is the transfer or request the link leads to."""

    account: Account
    kept: SignInFile
    subject: str
    recipient: str
    look: dict[str, Any]


@dataclass(frozen=True)
class Answers:
    """How a guest is asked. ``code`` is given a hint of the address it went to; ``can_repeat`` where a person answers."""

    code: Callable[[str], Awaitable[str]]
    passphrase: Callable[[], Awaitable[str]]
    address: Callable[[], Awaitable[str]]
    wrong: Callable[[ClientError], None]
    can_repeat: bool


async def look_at(line: Line, link: GuestLink) -> Answer:
    """Who sent what, until when: shown before anything is asked."""
    return await ask_open(line, link.url, "/auth/v1/links/look", {"token": link.token})


def _kept(link: GuestLink) -> SignInFile:
    name = hashlib.sha256(f"{link.url}#{link.token}".encode()).hexdigest()[:32]
    return SignInFile(state_folder() / "guests" / f"{name}.json")


async def visit_again(line: Line, link: GuestLink) -> Visit | None:
    """The session of an earlier run over this link, where it still holds. Raises Gone where the transfer is over."""
    kept = _kept(link)
    credentials = kept.read()
    if credentials is None or not {"subject", "recipient"} <= kept.beside.keys():
        return None
    account = Account(credentials, line, kept=kept)
    try:
        await account.get("/auth/v1/me")
    except NotAllowed:
        kept.remove()
        return None
    seen = await look_at(line, link)
    return Visit(account, kept, str(kept.beside["subject"]), str(kept.beside["recipient"]), seen)


async def visit(line: Line, link: GuestLink, answers: Answers) -> tuple[Visit, str | None]:
    """Give the proof the sender asked for. Gives the guest and the passphrase, if one was used.

    A person has three tries for a mistyped code, a file one. Raises NotAllowed, Gone, NotFound.
    """
    seen = await look_at(line, link)
    passphrase: str | None = None
    body: dict[str, Any] = {"token": link.token}
    if seen["proof"] == "code":
        asked = {} if seen.get("address_hint") else {"address": await answers.address()}
        challenge = await ask_open(line, link.url, "/auth/v1/links/challenge", {"token": link.token, **asked})
        answer = await _try_codes(line, link, challenge, answers)
    else:
        if seen["proof"] == "passphrase":
            passphrase = await answers.passphrase()
            body["passphrase_auth"] = encode(passphrase_auth(_passphrase_slot(seen), passphrase))
        answer = await ask_open(line, link.url, "/auth/v1/links/verify", body)
    credentials = Credentials(link.url, "")
    take_tokens(credentials, answer)
    kept = _kept(link)
    kept.beside = {"subject": answer["subject"], "recipient": answer["recipient"]}
    kept.write(credentials)
    account = Account(credentials, line, kept=kept)
    return Visit(account, kept, answer["subject"], answer["recipient"], seen), passphrase


def _passphrase_slot(seen: Answer) -> dict[str, Any]:
    for slot in seen.get("slots") or []:
        if slot.get("kind") == "passphrase":
            return dict(slot)
    raise NotAllowed("key_missing", text("key_missing"), text("key_missing_hint"))


async def _try_codes(line: Line, link: GuestLink, challenge: Answer, answers: Answers) -> Answer:
    for left in (2, 1, 0):
        code = to_digits(await answers.code(display_name(str(challenge.get("address_hint") or ""))))
        body = {"token": link.token, "challenge": challenge["challenge"], "code": code}
        try:
            return await ask_open(line, link.url, "/auth/v1/links/verify", body)
        except NotAllowed as error:
            # A file holds one code: sending it again would only burn the tries of a person.
            if error.code != "code_wrong" or not left or not answers.can_repeat:
                raise
            answers.wrong(error)
    raise AssertionError("unreachable")


def to_digits(typed: str) -> str:
    """What was typed or pasted as plain digits: full-width ones, spaces and hyphens are taken."""
    return "".join(str(int(c)) for c in typed if c.isdecimal())
