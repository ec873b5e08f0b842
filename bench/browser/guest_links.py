"""Links of transfers that ask for a mailed code, fresh for each visit: an address gets ten codes a day."""

import re
import secrets
from email import message_from_bytes, policy
from pathlib import Path

from bench.install import Install, wait

_LINK = re.compile(r"https?://\S+/l#\S+")


def coded_link(install: Install, path: Path) -> str:
    """A transfer of one file to a new address, proved by code; its link from the mail."""
    address = f"{secrets.token_hex(6)}@partner.example"
    install.member.json("send", str(path), "--to", address, "--hold", "0", "--proof", "code", "--expires", "1d")
    found: list[str] = []

    def mailed() -> bool:
        found[:] = _links(install.data / "mail/new", address)
        return bool(found)

    wait(mailed, "the mail with the link")
    return found[0]


def _links(folder: Path, address: str) -> list[str]:
    texts = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        if address in str(message["To"]) and body is not None:
            texts.append(str(body.get_content()))
    return [match[0] for text in texts if (match := _LINK.search(text))]
