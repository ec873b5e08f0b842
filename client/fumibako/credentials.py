"""Who this computer is signed in as: one file, readable by its owner alone, and the variables that go before it.

FUMIBAKO_URL and FUMIBAKO_TOKEN (an access or personal token) need no file. FUMIBAKO_HOME moves both folders, for tests and for
several accounts on one computer.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from fumibako.answers import server_id
from fumibako.disk.durable import write_private
from fumibako.disk.locking import LockFile
from fumibako.errors import NotAllowed, UsageError
from fumibako.messages import text


@dataclass
class Credentials:
    """``access_expires_at`` in seconds since the epoch; ``refresh_token`` is replaced each time it is used."""

    url: str
    access_token: str
    access_expires_at: float = 0.0
    refresh_token: str | None = None


def config_folder() -> Path:
    """Where the sign-in is kept (XDG Base Directory)."""
    home = os.environ.get("FUMIBAKO_HOME")
    base = Path(home) / "config" if home else Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "fumibako"


def state_folder() -> Path:
    """Where unfinished uploads and guest sessions are kept (XDG Base Directory)."""
    home = os.environ.get("FUMIBAKO_HOME")
    base = Path(home) / "state" if home else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    return base / "fumibako"


def _link_key(transfer: str) -> Path:
    return state_folder() / "sealed" / f"{server_id(transfer, 'tr')}.key"


def keep_link_key(transfer: str, key: str) -> None:
    """The only copy of a sealed transfer's link key outside the link itself: ``show ID --links`` and ``get ID`` need it again."""
    write_private(_link_key(transfer), key)


def kept_link_key(transfer: str) -> str | None:
    """The key of a sealed transfer that was sent from here, base64url."""
    try:
        return _link_key(transfer).read_text("utf-8").strip()
    except OSError:
        return None


class SignInFile:
    """A file with a sign-in, and what stands beside it (of a guest: what the link leads to). Only its owner can read it."""

    def __init__(self, path: Path, beside: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.beside = dict(beside or {})

    def read(self) -> Credentials | None:
        """The sign-in as it is now, None where there is none or none that can be read. Takes in what stands beside it."""
        try:
            found = json.loads(self.path.read_text("utf-8"))
            known = {one.name for one in fields(Credentials)}
            credentials = Credentials(**{name: value for name, value in found.items() if name in known})
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        self.beside = {name: value for name, value in found.items() if name not in known}
        return credentials

    def write(self, credentials: Credentials) -> None:
        """Keep it for the next command."""
        write_private(self.path, json.dumps({**self.beside, **asdict(credentials)}))

    def remove(self) -> None:
        """Forget it on this computer."""
        self.path.unlink(missing_ok=True)

    def lock(self, pause: Callable[[float], Awaitable[None]]) -> LockFile:
        """One command at a time renews; the lock ends with the process that holds it."""
        return LockFile(self.path.with_name(f"{self.path.name}.lock"), pause)


def member_file() -> SignInFile:
    """Where ``login`` keeps the member's sign-in."""
    return SignInFile(config_folder() / "credentials.json")


def load() -> tuple[Credentials, SignInFile | None]:
    """The sign-in in force, with its file where it is from one. Raises NotAllowed("signed_out"), UsageError("url_missing")."""
    url, token = os.environ.get("FUMIBAKO_URL"), os.environ.get("FUMIBAKO_TOKEN")
    if token and not url:
        raise UsageError("url_missing", text("url_missing"), text("url_missing_hint"))
    if url and token:
        return Credentials(url.rstrip("/"), token.strip(), access_expires_at=float("inf")), None
    kept = member_file()
    credentials = kept.read()
    if credentials is None:
        raise NotAllowed("signed_out", text("signed_out"), text("signed_out_hint"))
    return credentials, kept


__all__ = [
    "Credentials",
    "SignInFile",
    "config_folder",
    "keep_link_key",
    "kept_link_key",
    "load",
    "member_file",
    "state_folder",
    "write_private",
]
