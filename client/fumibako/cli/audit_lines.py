"""An audit export as JSON Lines: each line one block or one signed root, so that years of it fit any memory.

``{"root": {...}}`` and ``{"block": {...}}``, blocks in order. ``fumibako verify`` takes it, and the one object of ``/audit/export`` too.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fumibako.cli.pages import items_of
from fumibako.http import Api

Line = dict[str, Any]
_EXPORT = "/reporting/v1/audit/export"
_ROOTS = "/reporting/v1/audit/roots"


def roots_of(api: Api) -> list[Line]:
    """Every signed root, oldest first. Asked before the blocks: a root never speaks of a block that is not there yet."""
    return [one["document"] for one in items_of(api, _ROOTS)][::-1]


def blocks_of(api: Api, from_block: int = 1) -> Iterator[Line]:
    """Every block in order, a page at a time."""
    query: dict[str, str | int | None] = {"from_block": from_block}
    while True:
        page = api.get(_EXPORT, **query)
        yield from page["blocks"]
        if not page.get("next"):
            return
        query = {"cursor": page["next"]}


def is_lines(path: Path) -> bool:
    """Whether a file is such an export: its first line is an object with ``root`` or ``block`` alone."""
    with path.open("r", encoding="utf-8") as stream:
        try:
            first = json.loads(stream.readline(8 << 20))
        except ValueError:
            return False
    return isinstance(first, dict) and first.keys() <= {"root", "block"} and bool(first)


def read_lines(path: Path, kind: str) -> Iterator[Any]:
    """The blocks, or the roots, of a file. Raises ValueError for a line that is neither."""
    with path.open("r", encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                found = json.loads(line)
                if not isinstance(found, dict) or len(found) != 1 or not found.keys() <= {"root", "block"}:
                    raise ValueError("neither a block nor a root")
                if kind in found:
                    yield found[kind]
