"""What every verb works with: an account over a line, and where a guest's link leads."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fumibako.account import Account
from fumibako.decoding import items_in
from fumibako.errors import UsageError
from fumibako.line import Line
from fumibako.messages import text
from fumibako_format.names import display_name


@dataclass(frozen=True)
class Core:
    """``subject``: the transfer or request that a guest's link leads to; ``key`` and ``passphrase`` came with the link."""

    account: Account
    subject: str | None = None
    key: str | None = None
    passphrase: str | None = None

    @property
    def line(self) -> Line:
        """What takes time goes over it."""
        return self.account.line


def id_in_path(given: str | None, kind: str) -> str:
    """An id as it may stand in a path. Raises UsageError("id_wrong"): what has another form exists nowhere."""
    typed = (given or "").strip()
    if not re.fullmatch(rf"{kind}_[0-9a-z]{{26}}", typed):
        raise UsageError("id_wrong", text("id_wrong", typed=display_name(typed), kind=kind), text("id_wrong_hint"))
    return typed


async def pages(core: Core, path: str, **query: str | int | None) -> AsyncIterator[dict[str, Any]]:
    """The items of all pages, asked for as they are needed."""
    cursor: str | None = None
    while True:
        page = await core.account.get(path, cursor=cursor, **query)
        for item in items_in(page):
            yield item
        cursor = page.get("next")
        if not cursor:
            return
