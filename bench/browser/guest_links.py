"""Links of transfers that ask for a mailed code, fresh for each visit: an address gets ten codes a day."""

import secrets
from pathlib import Path

from bench.install import Install, wait
from tests.letters import letters_in


def coded_link(install: Install, path: Path) -> str:
    """A transfer of one file to a new address, proved by code; its link from the mail."""
    address = f"{secrets.token_hex(6)}@partner.example"
    install.member.json("send", str(path), "--to", address, "--hold", "0", "--proof", "code", "--expires", "1d")
    found: list[str] = []

    def mailed() -> bool:
        found[:] = [one.link for one in letters_in(install.data / "mail") if address in one.to and one.link]
        return bool(found)

    wait(mailed, "the mail with the link")
    return found[0]
