"""What every story needs of a service, wherever it runs: requests in, answers out, and the mails that were delivered."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.letters import Letter, letters_in

PATIENCE = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, the raw body."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    @property
    def code(self) -> str:
        return str(self.body["code"]) if self.status >= 400 and self.raw else ""


class Caller(Protocol):
    """A running service. Paths begin with the service's mount; ``base`` is the tenant's scheme and host."""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        base: str | None = None,
    ) -> Answer: ...

    def signed(self, signed: dict[str, Any], content: bytes = b"", headers: dict[str, str] | None = None) -> Answer: ...

    def settle(self) -> None:
        """Let the workers do what is due, where nobody else does."""

    @property
    def mail_folder(self) -> Path: ...


def mails_to(caller: Caller, address: str) -> list[Letter]:
    """Every mail to an address so far, oldest first."""
    return [one for one in letters_in(caller.mail_folder) if address.lower() in one.to.lower()]


def wait_for(caller: Caller, read: Callable[[], T | None], what: str) -> T:
    """The first thing that ``read`` finds; settles between looks."""
    deadline = time.monotonic() + PATIENCE
    while True:
        caller.settle()
        found = read()
        if found is not None:
            return found
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def mailed_link(caller: Caller, address: str, *, after: int = 0) -> str:
    """The newest link mailed to an address, among the mails behind the first ``after``."""
    return wait_for(
        caller,
        lambda: next((mail.link for mail in reversed(mails_to(caller, address)[after:]) if mail.link), None),
        f"a link to {address}",
    )


def mailed_code(caller: Caller, address: str, *, after: int) -> str:
    """The newest code mailed to an address, among the mails behind the first ``after``."""
    return wait_for(
        caller,
        lambda: next((mail.code for mail in reversed(mails_to(caller, address)[after:]) if mail.code), None),
        f"a code to {address}",
    )
