"""The mails that were really delivered, read as a mail program would: for every test and figure that needs a link or a code out of one."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

_LINK = re.compile(r"https?://\S+/(?:l#|p/)\S+")
_CODE = re.compile(r"(?<!\d)(\d{8})(?!\d)")


@dataclass(frozen=True)
class Letter:
    """``text`` is its plain part."""

    id: str
    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """The first link in it to a transfer or request, else empty."""
        found = _LINK.search(self.text)
        return found[0] if found else ""

    @property
    def code(self) -> str:
        """The one-time code in it, else empty; a mail with a link has none."""
        found = None if self.link else _CODE.search(self.text.replace(" ", "").replace("-", ""))
        return found[1] if found else ""


def letters_in(folder: Path) -> list[Letter]:
    """All of a maildir, oldest first. A mail that is still being written stands in ``tmp`` and is none yet."""
    delivered = folder / "new"
    paths = list(delivered.iterdir()) if delivered.is_dir() else []
    return [letter_of(path.read_bytes()) for path in sorted(paths, key=lambda one: (one.stat().st_mtime_ns, one.name))]


def letter_of(raw: bytes) -> Letter:
    """One mail as it went over the line."""
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    return Letter(str(message["Message-ID"]), str(message["To"]), str(message["Subject"]), text)
