"""The mails that were really delivered, read from the maildir as a mail program would."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

_LINK = re.compile(r"https?://\S+/(?:l#|p/)\S+")


@dataclass(frozen=True)
class Letter:
    """``text`` is its plain part; ``link`` the first link in it to a transfer or request, else empty."""

    id: str
    to: str
    subject: str
    text: str
    link: str


def letters_in(folder: Path) -> list[Letter]:
    """All of them, oldest first. A mail that is still being written stands in ``tmp`` and is none yet."""
    paths = sorted((folder / "new").iterdir()) if (folder / "new").is_dir() else []
    return [_letter(path.read_bytes()) for path in paths]


def _letter(raw: bytes) -> Letter:
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    match = _LINK.search(text)
    return Letter(
        id=str(message["Message-ID"]),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=text,
        link=match[0] if match else "",
    )
