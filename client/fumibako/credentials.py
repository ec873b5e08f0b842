"""Who this computer is signed in as: one file, readable by its owner alone, and the variables that go before it.

FUMIBAKO_URL and FUMIBAKO_TOKEN (an access or personal token) need no file. FUMIBAKO_HOME moves both folders, for tests and for
several accounts on one computer.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from fumibako.errors import NotAllowed
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


def write_private(path: Path, content: str) -> None:
    """Write a file only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def load(path: Path | None = None) -> Credentials:
    """The sign-in in force. Raises NotAllowed("signed_out") where there is none."""
    url, token = os.environ.get("FUMIBAKO_URL"), os.environ.get("FUMIBAKO_TOKEN")
    if path is None and url and token:
        return Credentials(url.rstrip("/"), token, access_expires_at=float("inf"))
    try:
        fields = json.loads((path or config_folder() / "credentials.json").read_text("utf-8"))
        return Credentials(**fields)
    except (OSError, ValueError, TypeError):
        raise NotAllowed("signed_out", text("signed_out"), text("signed_out_hint")) from None


def save(credentials: Credentials, path: Path | None = None) -> None:
    """Keep the sign-in for the next command."""
    write_private(path or config_folder() / "credentials.json", json.dumps(asdict(credentials)))


def forget() -> None:
    """Remove the sign-in from this computer."""
    (config_folder() / "credentials.json").unlink(missing_ok=True)
