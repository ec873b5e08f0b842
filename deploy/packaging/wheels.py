"""The distributions in a zip: pip fetches the wheels for Lambda's platform, each at the version and the hashes of the lock file.

Python 3.11 of Lambda runs on Amazon Linux 2 (glibc 2.26), so wheels are of manylinux2014 at most
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html). pip's own configuration says where they come from.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from deploy.errors import Refused
from deploy.packaging.archive import read_zip

PYTHON: Final = "3.11"
_INTERPRETER: Final = (
    *("--implementation", "cp", "--python-version", PYTHON),
    *("--abi", "cp311", "--abi", "abi3", "--abi", "none"),
)
LAMBDA_PLATFORM: Final = ("--platform", "manylinux2014_x86_64")
# Of the image: Debian 12 has glibc 2.36.
HOST_PLATFORM: Final = (*LAMBDA_PLATFORM, "--platform", "manylinux_2_28_x86_64")
_ENTRY: Final = re.compile(r"^([A-Za-z0-9._-]+)==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)


def named_in(requirements: str) -> list[str]:
    """The names in a requirements.txt of a service; versions stand in the lock file alone."""
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    return sorted(line for line in lines if line)


def locked(names: Iterable[str], lock: str) -> str:
    """The part of a lock file (text) for these distributions. Raises Refused("not_locked")."""
    entries = {found[1].lower(): found[0] for found in _ENTRY.finditer(lock if lock.endswith("\n") else lock + "\n")}
    missing = sorted(set(names) - entries.keys())
    if missing:
        raise Refused(
            "not_locked", f"requirements/services.lock does not have {', '.join(missing)}.", "Run `make lock`."
        )
    return "".join(entries[name] for name in sorted(names))


def fetched(requirements: str, cache: Path, *, platform: Sequence[str] = LAMBDA_PLATFORM) -> list[Path]:
    """The wheels of a locked requirements text, fetched once into ``cache``. Raises Refused("wheels_missing")."""
    key = hashlib.sha256(" ".join((requirements, *platform, *_INTERPRETER)).encode()).hexdigest()[:16]
    folder = cache / key
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            _download(requirements, Path(scratch), platform)
            # Two that fetch at once fetch the same; the second finds the folder there.
            try:
                (Path(scratch) / "wheels").rename(folder)
            except OSError:
                shutil.rmtree(Path(scratch) / "wheels", ignore_errors=True)
    return sorted(folder.glob("*.whl"))


def _download(requirements: str, scratch: Path, platform: Sequence[str]) -> None:
    listed = scratch / "requirements.txt"
    listed.write_text(requirements, "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", *platform, *_INTERPRETER]
    command += ["--dest", str(scratch / "wheels"), "--requirement", str(listed)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PIP_NO_INPUT": "1"}
    )
    if ended.returncode:
        last = (ended.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise Refused("wheels_missing", f"pip could not fetch what the lock file names: {last}", "Look at pip's index.")


def unpacked(wheels: Iterable[Path]) -> dict[str, bytes]:
    """Every file of the wheels, as pip would lay them into site-packages. Raises Refused("files_collide")."""
    found: dict[str, bytes] = {}
    for wheel in wheels:
        for name, content in read_zip(wheel).items():
            place = _place(name)
            if place and found.setdefault(place, content) != content:
                raise Refused("files_collide", f"Two distributions bring different files named {place}.", "Drop one.")
    return found


def _place(name: str) -> str:
    """Where a file of a wheel goes; empty for scripts and headers, which nobody imports (PEP 427)."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    kind, _, inner = rest.partition("/")
    return inner if kind in ("purelib", "platlib") else ""
