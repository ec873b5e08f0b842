"""Peers that come as Python packages live in an environment of their own, pinned with hashes: nothing of them enters ours."""

import fcntl
import hashlib
import os
import subprocess
import venv
from pathlib import Path

from bench.processes import ROOT, plain_environment, run

LOCK = Path(__file__).with_name("requirements.lock")


def programs() -> Path:
    """The folder of the peers' commands; made at the first call and kept in ``build/`` for the next."""
    pins = LOCK.read_bytes()
    home = ROOT / "build" / f"bench-peers-{hashlib.sha256(pins).hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not (home / ".ready").exists():
            _install(home)
    finally:
        os.close(descriptor)
    return home / "bin"


def _install(home: Path) -> None:
    venv.create(home, with_pip=True, symlinks=True)
    quietly = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK)]
    run([str(home / "bin" / "python"), "-m", "pip", "install", *quietly], environment=environment())
    (home / ".ready").touch()


def environment() -> dict[str, str]:
    """Theirs: our own packages are not on their path."""
    return {name: value for name, value in plain_environment().items() if name != "PYTHONPATH"}


def version_of(package: str) -> str:
    """The installed version of one of them."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    command = [str(programs() / "python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout.strip()
