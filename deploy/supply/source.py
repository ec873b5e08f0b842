"""Which source a release is made of: a commit, and nothing beside it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import Refused


@dataclass(frozen=True)
class Source:
    """``commit`` of 40 hexadecimal digits, ``committed`` its time in seconds since 1970."""

    commit: str
    committed: int


def source_of(tree: Path) -> Source:
    """The checkout's commit. Raises Refused: source_unknown (no checkout), source_changed (files that no commit holds)."""
    if _git(tree, "status", "--porcelain"):
        raise Refused(
            "source_changed",
            "The tree holds changes that are in no commit.",
            "Commit or take them back, and build anew.",
        )
    commit, committed = _git(tree, "log", "-1", "--format=%H %ct").split()
    return Source(commit, int(committed))


def _git(tree: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused("source_unknown", "This is no git checkout with a commit.", "Build from a checkout.")
    return done.stdout.strip()
