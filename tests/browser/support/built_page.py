"""The page as it ships: built once for one state of its sources, whoever asks first, in a folder that runs share.

The folder's name is the hash of all that goes into the build, so a run never sees the page of another state, and two runs of one state build once.
"""

import functools
import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.e2e.support.people import ROOT

WEB = ROOT / "web"
_BUILDS = ROOT / "build/page-tests"
_SOURCES = ("src", "public", "tools", "../chalicelib/catalogue/page")
# Beside the page once it is whole; its time tells when a run last took it.
_BUILT = "built"
_KEPT = 6
_HOUR = 3_600


@dataclass(frozen=True)
class BuiltPage:
    """``folder`` is what FUMIBAKO_PAGE_DIR names; ``routes`` is the router's own list of screens."""

    folder: Path
    routes: tuple["Route", ...]


@dataclass(frozen=True)
class Route:
    """A line of the router. ``path`` may hold ``:name``; ``roles`` is empty where nobody has to be signed in."""

    name: str
    path: str
    entry: str
    roles: tuple[str, ...]


@functools.cache
def built_page() -> BuiltPage:
    """Build if need be. Raises AssertionError with the build's own words."""
    assert shutil.which("node"), "node is missing: apt-get install nodejs npm"
    assert (WEB / "node_modules/.bin/vite").exists(), "the page's tools are missing: make web"
    _BUILDS.mkdir(parents=True, exist_ok=True)
    folder = _BUILDS / _state()
    with FileLock(_BUILDS / "lock", timeout=240):
        if not (folder / _BUILT).exists():
            _forget_old()
            _build(folder / "page")
        (folder / _BUILT).touch()
    return BuiltPage(folder / "page", _routes(folder / "page/screens.json"))


def _build(folder: Path) -> None:
    command = ["npm", "run", "--silent", "build", "--", "--outDir", str(folder), "--emptyOutDir"]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"


def _routes(path: Path) -> tuple[Route, ...]:
    lines: list[dict[str, Any]] = json.loads(path.read_text())
    return tuple(Route(one["name"], one["path"], one["entry"], tuple(one.get("roles") or ())) for one in lines)


def _state() -> str:
    seen = hashlib.sha256()
    for path in sorted(_inputs()):
        seen.update(f"{path.relative_to(ROOT)}\0".encode())
        seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()[:24]


def _inputs() -> Iterator[Path]:
    for source in _SOURCES:
        yield from (path for path in (WEB / source).resolve().rglob("*") if path.is_file())
    yield from (path for path in WEB.iterdir() if path.is_file())


def _forget_old() -> None:
    """Keep the newest few, and whatever another run took within the past hour."""
    folders = [path for path in _BUILDS.iterdir() if path.is_dir()]
    by_use = sorted(folders, key=_last_used, reverse=True)
    for path in by_use[_KEPT:]:
        if time.time() - _last_used(path) > _HOUR:
            shutil.rmtree(path, ignore_errors=True)


def _last_used(folder: Path) -> float:
    marker = folder / _BUILT
    return (marker if marker.exists() else folder).stat().st_mtime
