"""A copy of the tree with the blocks of a recipe written into it, as a contributor would.

A block's first line tells where it goes: ``# path`` (a new file), ``# path, at its end``, ``# path, after `text``` (behind the first line that
holds the text) or ``# path, instead of `text```. The command that the page shows is then run in the copy.
"""

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.architecture.pages import ROOT, Block, blocks, page

COPIED = ("chalicelib", "services", "onprem", "tests")
LINKED = ("fumibako_format", "client", "spec", "docs", "pyproject.toml")
_PLACE = re.compile(
    r"# (?P<path>[\w./-]+\.py)(?:, (?:(?P<end>at its end)|(?P<how>after|instead of) `(?P<anchor>.+)`))?\Z"
)


@dataclass
class Overlay:
    """``new`` and ``changed`` are the paths that the blocks wrote."""

    root: Path
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @classmethod
    def of_tree(cls, root: Path) -> "Overlay":
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "examples")
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
        for name in LINKED:
            (root / name).symlink_to(ROOT / name)
        return cls(root)

    def write(self, block: Block) -> None:
        """Raises AssertionError where the block's place does not exist, or does already."""
        first, _, text = block.text.partition("\n")
        place = _PLACE.match(first)
        assert place, f"line {block.line}: a block begins with its place, not with {first!r}"
        file = self.root / place["path"]
        if place["end"] or place["anchor"]:
            assert file.is_file(), f"{place['path']} is not there"
            file.write_text(_inserted(file.read_text("utf-8"), text, place), "utf-8")
            self.changed.append(place["path"])
        else:
            assert not file.exists(), f"{place['path']} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            self.new.append(place["path"])

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """A command of the page: variables, then ``.venv/bin/python`` with its arguments."""
        words = shlex.split(line)
        variables = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
        command = [sys.executable if word == ".venv/bin/python" else word for word in words[len(variables) :]]
        assert command[0] == sys.executable, f"pages show .venv/bin/python, not {command[0]}"
        environment = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", **variables}
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def ruff(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", *sorted({*self.new, *self.changed})]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True)


def recipe(name: str, root: Path) -> tuple[Overlay, list[str]]:
    """The tree with every block of ``docs/recipes/<name>`` in it, and the commands that the page shows."""
    overlay = Overlay.of_tree(root)
    shown = blocks(page(f"docs/recipes/{name}"))
    for block in shown:
        if block.language == "python":
            overlay.write(block)
    consoles = [block.text for block in shown if block.language == "console"]
    return overlay, [line[2:] for text in consoles for line in text.splitlines() if line.startswith("$ ")]


def _inserted(before: str, text: str, place: re.Match[str]) -> str:
    if place["end"]:
        return before + text
    lines = before.splitlines(keepends=True)
    number = next((n for n, line in enumerate(lines) if place["anchor"] in line), None)
    assert number is not None, f"no line holds {place['anchor']!r}"
    kept = number + 1 if place["how"] == "after" else number
    return "".join([*lines[:kept], text, *lines[number + 1 :]])
