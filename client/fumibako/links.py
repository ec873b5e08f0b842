"""Links that guests hold, and the proof that turns one into a session."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fumibako.credentials import Credentials, SignInFile, state_folder
from fumibako.errors import ClientError, NotAllowed, UsageError
from fumibako.http import Api, Pool, call_open, take_tokens
from fumibako.messages import text
from fumibako_format.base64url import encode
from fumibako_format.names import display_name
from fumibako_format.slots import passphrase_auth

_FRAGMENT = re.compile(
    r"(?P<token>[a-z][a-z0-9-]{1,30}[a-z0-9]\.[A-Za-z0-9_-]{20,100})(\.(?P<key>[A-Za-z0-9_-]{43}))?\Z"
)


@dataclass(frozen=True)
class Link:
    """``https://host/l#<token>[.<key>]``; the key of a sealed transfer never leaves this process."""

    url: str
    token: str
    key: str | None


def parse_link(address: str) -> Link:
    """A link as it was mailed or copied. Raises UsageError("link_wrong")."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:  # brackets that are no IPv6 address
        parts = urlsplit("")
    match = _FRAGMENT.match(parts.fragment)
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


def look(pool: Pool, link: Link) -> dict[str, Any]:
    """Who sent what, until when: shown before anything is asked."""
    return call_open(pool, link.url, "/auth/v1/links/look", {"token": link.token})


def _kept(link: Link) -> SignInFile:
    name = hashlib.sha256(f"{link.url}#{link.token}".encode()).hexdigest()[:32]
    return SignInFile(state_folder() / "guests" / f"{name}.json")


def guest_again(pool: Pool, link: Link) -> Guest | None:
    """The session of an earlier command over this link, where it still holds. Raises Gone where the transfer is over."""
    kept = _kept(link)
    credentials = kept.read()
    if credentials is None or not {"subject", "recipient"} <= kept.beside.keys():
        return None
    api = Api(credentials, pool, kept=kept)
    try:
        api.get("/auth/v1/me")
    except NotAllowed:
        kept.remove()
        return None
    return Guest(api, str(kept.beside["subject"]), str(kept.beside["recipient"]), look(pool, link))


@dataclass(frozen=True)
class Questions:
    """How a guest is asked. ``code`` is given a hint of the address it went to; ``can_repeat`` where a person answers."""

    code: Callable[[str], str]
    passphrase: Callable[[], str]
    address: Callable[[], str]
    wrong: Callable[[ClientError], None]
    can_repeat: bool


def prove(pool: Pool, link: Link, questions: Questions) -> tuple[Guest, str | None]:
    """Give the proof the sender asked for. Gives the guest and the passphrase, if one was used.

    A person has three tries for a mistyped code, a file one. Raises NotAllowed, Gone, NotFound.
    """
    seen = look(pool, link)
    passphrase: str | None = None
    body: dict[str, Any] = {"token": link.token}
    if seen["proof"] == "code":
        asked = {} if seen.get("address_hint") else {"address": questions.address()}
        challenge = call_open(pool, link.url, "/auth/v1/links/challenge", {"token": link.token, **asked})
        answer = _try_codes(pool, link, challenge, questions)
    else:
        if seen["proof"] == "passphrase":
            passphrase = questions.passphrase()
            body["passphrase_auth"] = encode(passphrase_auth(_passphrase_slot(seen), passphrase))
        answer = call_open(pool, link.url, "/auth/v1/links/verify", body)
    credentials = Credentials(link.url, "")
    take_tokens(credentials, answer)
    kept = _kept(link)
    kept.beside = {"subject": answer["subject"], "recipient": answer["recipient"]}
    kept.write(credentials)
    return Guest(Api(credentials, pool, kept=kept), answer["subject"], answer["recipient"], seen), passphrase


def _passphrase_slot(seen: dict[str, Any]) -> dict[str, Any]:
    for slot in seen.get("slots") or []:
        if slot.get("kind") == "passphrase":
            return dict(slot)
    raise NotAllowed("key_missing", text("key_missing"), text("key_missing_hint"))


def _try_codes(pool: Pool, link: Link, challenge: dict[str, Any], questions: Questions) -> dict[str, Any]:
    for left in (2, 1, 0):
        code = to_digits(questions.code(display_name(str(challenge.get("address_hint") or ""))))
        body = {"token": link.token, "challenge": challenge["challenge"], "code": code}
        try:
            return call_open(pool, link.url, "/auth/v1/links/verify", body)
        except NotAllowed as error:
            # A file holds one code: sending it again would only burn the tries of a person.
            if error.code != "code_wrong" or not left or not questions.can_repeat:
                raise
            questions.wrong(error)
    raise AssertionError("unreachable")


def to_digits(typed: str) -> str:
    """What was typed or pasted as plain digits: full-width ones, spaces and hyphens are taken."""
    return "".join(str(int(c)) for c in typed if c.isdecimal())
