"""Reading the documents: tables, headings, code blocks, and the tests that they name."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_NAMED_TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and the page's line where the text begins."""

    language: str
    text: str
    line: int


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def headings(text: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, heads and rules left out."""
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and re.match(r"\| ---", lines[number + 1]) is not None
        if line.startswith("|") and not line.startswith("| ---") and not is_head:
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def blocks(text: str) -> list[Block]:
    return [Block(found[1], found[2], text[: found.start(2)].count("\n") + 1) for found in _FENCE.finditer(text)]


def named_tests(text: str) -> list[tuple[str, str]]:
    return [(found[1], found[2]) for found in _NAMED_TEST.finditer(text)]


@cache
def tests_of(path: str) -> frozenset[str]:
    """The names of the test functions that a file defines; nothing where there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, kinds))


def missing_tests(text: str) -> list[str]:
    """Each test that a page names and nobody wrote."""
    return [f"{path}::{name}" for path, name in named_tests(text) if name not in tests_of(path)]
