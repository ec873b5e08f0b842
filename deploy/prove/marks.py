"""Marks in the documents: ``[P some-id]`` stands at a claim that only a real account can show, and names its check."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = "docs/cloud/prove.md"
_MARK: Final = re.compile(r"\[P ([a-z0-9]+(?:-[a-z0-9]+)+)\]")
# A mark without an id, or with something that is none.
_BARE: Final = re.compile(r"\[P(?: (?![a-z0-9]+(?:-[a-z0-9]+)+\])[^\]]*)?\]")
_ROOMS: Final = ("chalicelib", "deploy", "docs", "onprem", "services", "spec")


@dataclass(frozen=True, order=True)
class Mark:
    """``file`` from the root of the tree, ``line`` from 1."""

    check: str
    file: str
    line: int


def marks(root: Path = ROOT) -> list[Mark]:
    """Every mark of the documents and of the code's own texts, by check, file and line."""
    return sorted(
        Mark(found, name, number)
        for name, text in texts(root)
        for number, line in enumerate(text.splitlines(), start=1)
        for found in _MARK.findall(line)
    )


def bare(root: Path = ROOT) -> list[str]:
    """``file:line`` of marks that name no check."""
    return [
        f"{name}:{number}"
        for name, text in texts(root)
        for number, line in enumerate(text.splitlines(), start=1)
        if _BARE.search(line)
    ]


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """(file, text) of all that may hold marks: not this room, which speaks of them, nor the page that is made from them."""
    found = [path for room in _ROOMS for kind in ("*.md", "*.py") for path in (root / room).rglob(kind)]
    for path in sorted([*found, *root.glob("*.md")]):
        name = path.relative_to(root).as_posix()
        if name != PAGE and not name.startswith("deploy/prove/") and "node_modules" not in name:
            yield name, path.read_text("utf-8")
