"""Ports that an install keeps over restarts.

A base URL is fixed at ``init``, before anything listens, and a killed runtime must come back at the same place. So a port can't be the
kernel's choice of the moment. Those given here lie below the range from which outgoing connections are taken, and a lock file keeps
each from the other processes of the same test run.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_FIRST, _LAST = 15_000, 32_000
_held: list[int] = []


def reserved_port() -> int:
    """A port of 127.0.0.1 that is this process's until it ends."""
    folder = Path(tempfile.gettempdir()) / f"fumibako-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    while True:
        port = random.SystemRandom().randrange(_FIRST, _LAST)
        lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            os.close(lock)
            continue
        _held.append(lock)
        return port
