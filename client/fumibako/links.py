"""Links that guests hold, and the blocking doors of fumibako.guests."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fumibako.driving import run
from fumibako.errors import ClientError, UsageError
from fumibako.guests import Answers, Visit, look_at, to_digits, visit, visit_again
from fumibako.http import Api, Pool
from fumibako.messages import text

_FRAGMENT = re.compile(
    r"(?P<token>[a-z][a-z0-9-]{1,30}[a-z0-9]\.[A-Za-z0-9_-]{20,100})(\.(?P<key>[A-Za-z0-9_-]{43}))?\Z"
)
_PATH = re.compile(r"/p/(?P<token>[^/.]+\.[^/.]+)(/files)?/?\Z")


@dataclass(frozen=True)
class Link:
    """``https://host/l#<token>[.<key>]``, or ``https://host/p/<token>`` of a plain transfer; the key of a sealed one never leaves this process."""

    url: str
    token: str
    key: str | None


def parse_link(address: str) -> Link:
    """A link as it was mailed or copied. Raises UsageError("link_wrong")."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:  # brackets that are no IPv6 address
        parts = urlsplit("")
    # A plain transfer's token stands in the path, so that it works without script; a browser may leave /files and a query behind it.
    in_path = _PATH.match(parts.path) if not parts.fragment else None
    match = _FRAGMENT.match(in_path["token"] if in_path else parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.netloc or match is None:
        raise UsageError("link_wrong", text("link_wrong"), text("link_wrong_hint"))
    return Link(f"{parts.scheme}://{parts.netloc}", match["token"], match["key"])


@dataclass(frozen=True)
class Guest:
    """A guest who has proved who they are; ``subject`` is the transfer or request the link leads to."""

    api: Api
    subject: str
    recipient: str
    look: dict[str, Any]


@dataclass(frozen=True)
class Questions:
    """How a guest is asked. ``code`` is given a hint of the address it went to; ``can_repeat`` where a person answers."""

    code: Callable[[str], str]
    passphrase: Callable[[], str]
    address: Callable[[], str]
    wrong: Callable[[ClientError], None]
    can_repeat: bool


def look(pool: Pool, link: Link) -> dict[str, Any]:
    """Who sent what, until when: shown before anything is asked."""
    return run(look_at(pool.line, link))


def guest_again(pool: Pool, link: Link) -> Guest | None:
    """The session of an earlier command over this link, where it still holds. Raises Gone where the transfer is over."""
    found = run(visit_again(pool.line, link))
    return None if found is None else _guest(pool, found)


def prove(pool: Pool, link: Link, questions: Questions) -> tuple[Guest, str | None]:
    """Give the proof the sender asked for. Gives the guest and the passphrase, if one was used.

    A person has three tries for a mistyped code, a file one. Raises NotAllowed, Gone, NotFound.
    """

    async def code(hint: str) -> str:
        return questions.code(hint)

    async def passphrase() -> str:
        return questions.passphrase()

    async def address() -> str:
        return questions.address()

    answers = Answers(code, passphrase, address, questions.wrong, questions.can_repeat)
    found, used = run(visit(pool.line, link, answers))
    return _guest(pool, found), used


def _guest(pool: Pool, found: Visit) -> Guest:
    return Guest(Api(found.account.credentials, pool, kept=found.kept), found.subject, found.recipient, found.look)


__all__ = ["Guest", "Link", "Questions", "guest_again", "look", "parse_link", "prove", "to_digits"]
