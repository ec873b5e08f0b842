"""A real clamd with one signature, EICAR's, started once for the process (Debian package clamav-daemon)."""

import atexit
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Written in hex, or every scanner on a contributor's machine would take this file away.
EICAR = bytes.fromhex(
    "58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d"
    "544553542d46494c452124482b482a"
)
STREAM_MAX = 4 * 1024 * 1024


@dataclass(frozen=True)
class Clamd:
    """Where it listens: the path of a unix socket and ``host:port``."""

    socket: str
    address: str


@cache
def clamd() -> Clamd:
    """The running daemon; raises FileNotFoundError with the package's name where it is not installed."""
    program = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise FileNotFoundError(
            "clamd is missing: apt-get install clamav-daemon, or leave clamd out of FUMIBAKO_ADAPTERS"
        )
    # A socket's path has 107 bytes at most, so not below tmp_path; clamd may change its user, so the folder is open.
    folder = Path(tempfile.mkdtemp(prefix="fumibako-clamd-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    (folder / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    port = _free_port()
    settings = {
        "Foreground": "yes",
        "LocalSocket": f"{folder}/socket",
        "TCPSocket": port,
        "TCPAddr": "127.0.0.1",
        "DatabaseDirectory": folder,
        "StreamMaxLength": STREAM_MAX,
        "AlertEncrypted": "yes",
        "User": "root" if Path("/root").is_dir() and _is_root() else None,
    }
    text = "".join(f"{name} {value}\n" for name, value in settings.items() if value is not None)
    (folder / "clamd.conf").write_text(text)
    process = subprocess.Popen(
        [program, "-c", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    atexit.register(process.kill)
    _wait(port, process)
    return Clamd(f"{folder}/socket", f"127.0.0.1:{port}")


def _is_root() -> bool:
    import os

    return os.geteuid() == 0


def _free_port() -> int:
    # clamd takes no port 0, so another process could be faster; then _wait says that it ended.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"clamd ended at once with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("clamd did not listen within 30 seconds")
