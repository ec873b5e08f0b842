"""Reading the mails that were really delivered: a maildir, with the standard library alone."""

import re
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

from demo.settings import Failed

_LINK = re.compile(r"https?://\S+/(?:l#|p/)\S+")
_CODE = re.compile(r"(?<!\d)(\d{8})(?!\d)")


def link_in(body: str) -> str | None:
    """The link that a mail holds."""
    match = _LINK.search(body)
    return match[0] if match else None


def code_in(body: str) -> str | None:
    """The one-time code that a mail holds; a mail with a link is not the one."""
    digits = _CODE.search(body.replace(" ", "").replace("-", ""))
    return digits[1] if digits and not _LINK.search(body) else None


def wait_for_mail(folder: Path, address: str, reader: Callable[[str], str | None], seconds: float = 60) -> str:
    """What ``reader`` finds in a mail to an address. Raises Failed when none comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for body in letters_to(folder, address).values():
            found = reader(body)
            if found:
                return found
        time.sleep(0.1)
    raise Failed(f"no such mail to {address} within {seconds:.0f} s")


def letters_to(folder: Path, address: str) -> dict[str, str]:
    """The mails to an address: name of the file -> text."""
    delivered = folder / "new"
    if not delivered.is_dir():
        return {}
    bodies = {}
    for path in delivered.iterdir():
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        text = message.get_body(("plain",))
        if address in str(message["To"]) and text is not None:
            bodies[path.name] = str(text.get_content())
    return bodies
