"""One running install for all stories of a module, and people who talk to it by the command line alone."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.install import Install
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

SCOPES = ["transfers:read", "transfers:write", "requests:write"]


class Company(Install):
    """``staff`` carries a personal token, as automation does; ``outsider`` carries nothing."""

    token = ""

    def open(self) -> None:
        """Up and running, plain transfers allowed."""
        self.init()
        self.serve()
        api = self.api()
        self.token = str(api.post("/auth/v1/keys", {"name": "stories", "scopes": SCOPES})["token"])
        tenant = api.get("/auth/v1/tenant")
        api.patch("/auth/v1/tenant", {"allow_plain": True}, version=tenant["version"])

    def staff(self, home: Path, **extra: str) -> Person:
        """A member with a home of their own."""
        return Person(home / "staff", FUMIBAKO_URL=self.url, FUMIBAKO_TOKEN=self.token, **extra)

    def outsider(self, home: Path, name: str = "outsider", **extra: str) -> Person:
        """Somebody without an account."""
        return Person(home / name, **extra)

    def sent(self, staff: Person, *arguments: str) -> tuple[dict[str, Any], str]:
        """A transfer to a new address by link alone, and the link that was mailed there."""
        address = someone()
        sent = staff.json("send", *arguments, "--to", address, "--hold", "0", "--proof", "link")
        return sent, self.link_for(address)

    def with_code(self, person: Person, address: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command that asks for the code from the mail, and gets it."""
        known = {one.id for one in self.letters(address)}
        command = [sys.executable, "-m", "fumibako.cli", *arguments, "--code-file", "-"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, env=person.environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )
        try:
            code = wait_for(lambda: self._code(address, known) or (process.poll() is not None and "-"), "a code")
            out, error = process.communicate(f"{code}\n", timeout=60)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, process.returncode, out, error)

    def _code(self, address: str, known: set[str]) -> str:
        for letter in self.letters(address):
            if letter.id not in known and letter.code:
                return letter.code
        return ""


def someone(domain: str = "partner.example") -> str:
    """An address that nobody had before."""
    return f"{secrets.token_hex(6)}@{domain}"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Imported by each module of stories; one install for all of its tests."""
    with Company(tmp_path_factory.mktemp("company"), SCHEDULE_SECONDS="1") as running:
        running.open()
        yield running
