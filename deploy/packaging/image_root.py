"""The files of the image's one layer, laid out as they will stand at / : the same sources as the zips, the locked wheels, two entries.

Modules are compiled here, with hashes instead of times (PEP 552, unchecked), because the image is read-only where it runs.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.errors import Refused
from deploy.names import SERVICES
from deploy.packaging.staging import ROOT, copy_sources
from deploy.packaging.wheels import HOST_PLATFORM, PYTHON, fetched, locked, named_in, unpacked

HOME: Final = Path("opt/fumibako")
IMAGE: Final = ROOT / "onprem" / "image"
LOCK: Final = ROOT / "requirements" / "image.lock"


def make_root(folder: Path, cache: Path, *, page: Path | None = None) -> Path:
    """Make ``folder`` anew; ``page`` is a built page to put in. Raises Refused as fetching and compiling do."""
    shutil.rmtree(folder, ignore_errors=True)
    home = folder / HOME
    names = named_in((IMAGE / "distributions.txt").read_text("utf-8"))
    wheels = fetched(locked(names, LOCK.read_text("utf-8")), cache, platform=HOST_PLATFORM)
    for name, content in unpacked(wheels).items():
        _write(home / "lib" / name, content)
    for package in ("chalicelib", "fumibako_format", "onprem"):
        copy_sources(ROOT / package, home / "app" / package)
    for service in SERVICES:
        _write(home / "services" / service / "app.py", (ROOT / "services" / service / "app.py").read_bytes())
    if page is not None:
        shutil.copytree(page, home / "page")
    _compile(folder)
    for entry in ("http", "lambda"):
        _write(home / "entry" / entry, (IMAGE / entry).read_bytes())
    _settle(folder)
    return folder


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _compile(folder: Path) -> None:
    """Compile with the paths that the modules will have. Raises Refused("python_differs") or Refused("compile_failed")."""
    if sys.version_info[:2] != tuple(map(int, PYTHON.split("."))):
        raise Refused("python_differs", f"The image holds modules of Python {PYTHON}.", f"Run it with Python {PYTHON}.")
    command = [
        sys.executable,
        "-m",
        "compileall",
        "-q",
        "-s",
        str(folder),
        "-p",
        "/",
        "--invalidation-mode",
        "unchecked-hash",
    ]
    places = [str(folder / HOME / name) for name in ("lib", "app", "services")]
    ended = subprocess.run(
        [*command, *places], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    if ended.returncode:
        last = (ended.stdout.strip() or ended.stderr.strip() or "nothing").splitlines()[-1]
        raise Refused("compile_failed", f"compileall said: {last}", "Correct the module that it names.")


def _settle(folder: Path) -> None:
    """One mode and one time for everything: what a checkout or a umask makes of files is no part of the image."""
    for path in _all_of(folder):
        executable = path.is_dir() or path.parent.name == "entry"
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (0, 0))


def _all_of(folder: Path) -> Iterator[Path]:
    """Everything below, folders after what is in them."""
    for place, folders, files in os.walk(folder, topdown=False):
        yield from (Path(place, name) for name in (*files, *folders))
    yield folder
