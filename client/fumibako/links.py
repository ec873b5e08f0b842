"""Links that guests hold, and the proof that turns one into a session."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from fumibako.credentials import Credentials, state_folder, write_private
from fumibako.errors import NotAllowed, UsageError
from fumibako.http import Api, call_open, take_tokens
from fumibako.messages import text
from fumibako_format.base64url import encode
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
    parts = urlsplit(address.strip())
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


def look(pool: httpx.Client, link: Link) -> dict[str, Any]:
    """Who sent what, until when: shown before anything is asked."""
    return call_open(pool, link.url, "/auth/v1/links/look", {"token": link.token})


def _kept_at(link: Link) -> Any:
    name = hashlib.sha256(f"{link.url}#{link.token}".encode()).hexdigest()[:32]
    return state_folder() / "guests" / f"{name}.json"


def guest_again(pool: httpx.Client, link: Link) -> Guest | None:
    """The session of an earlier command over this link, where it still holds."""
    path = _kept_at(link)
    try:
        kept = json.loads(path.read_text("utf-8"))
        api = _KeptApi(Credentials(**kept["credentials"]), pool, link, kept)
        api.get("/auth/v1/me")
        return Guest(api, kept["subject"], kept["recipient"], look(pool, link))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    except NotAllowed:
        path.unlink(missing_ok=True)
        return None


class _KeptApi(Api):
    """Writes its tokens back beside subject and recipient when they are renewed."""

    def __init__(self, credentials: Credentials, pool: httpx.Client, link: Link, kept: dict[str, Any]) -> None:
        super().__init__(credentials, pool)
        self._link = link
        self._kept = kept

    def _renew(self, used: str) -> None:
        super()._renew(used)
        _keep(self._link, {**self._kept, "credentials": asdict(self.credentials)})


def _keep(link: Link, kept: dict[str, Any]) -> None:
    write_private(_kept_at(link), json.dumps(kept))


def prove(
    pool: httpx.Client,
    link: Link,
    *,
    ask_code: Callable[[str], str],
    ask_passphrase: Callable[[], str],
    ask_address: Callable[[], str],
) -> tuple[Guest, str | None]:
    """Give the proof the sender asked for; three tries for a mistyped code. Gives the guest and the passphrase, if one was used.

    ``ask_code`` is given a hint of the address the code went to. Raises NotAllowed, Gone, NotFound.
    """
    seen = look(pool, link)
    passphrase: str | None = None
    body: dict[str, Any] = {"token": link.token}
    if seen["proof"] == "code":
        asked = {} if seen.get("address_hint") else {"address": ask_address()}
        challenge = call_open(pool, link.url, "/auth/v1/links/challenge", {"token": link.token, **asked})
        answer = _try_codes(pool, link, challenge, ask_code)
    else:
        if seen["proof"] == "passphrase":
            passphrase = ask_passphrase()
            slot = next(s for s in seen["slots"] if s["kind"] == "passphrase")
            body["passphrase_auth"] = encode(passphrase_auth(slot, passphrase))
        answer = call_open(pool, link.url, "/auth/v1/links/verify", body)
    credentials = Credentials(link.url, "")
    take_tokens(credentials, answer)
    kept = {"credentials": asdict(credentials), "subject": answer["subject"], "recipient": answer["recipient"]}
    _keep(link, kept)
    return Guest(_KeptApi(credentials, pool, link, kept), answer["subject"], answer["recipient"], seen), passphrase


def _try_codes(pool: httpx.Client, link: Link, challenge: dict[str, Any], ask: Callable[[str], str]) -> dict[str, Any]:
    for left in (2, 1, 0):
        code = to_digits(ask(str(challenge.get("address_hint", ""))))
        body = {"token": link.token, "challenge": challenge["challenge"], "code": code}
        try:
            return call_open(pool, link.url, "/auth/v1/links/verify", body)
        except NotAllowed as error:
            if error.code != "code_wrong" or not left or not os.isatty(0):
                raise
    raise AssertionError("unreachable")


def to_digits(typed: str) -> str:
    """What was typed or pasted as plain digits: full-width ones, spaces and hyphens are taken."""
    return "".join(str(int(c)) for c in typed if c.isdecimal())
