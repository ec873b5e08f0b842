"""Ports that an install keeps over restarts.

A base URL is fixed at ``init``, before anything listens, and a killed runtime must come back at the same place. So a port can't be the
kernel's choice of the moment. Those given here lie below the range from which outgoing connections are taken, and a lock on one byte of
a shared file keeps each from the other processes of a test run.
"""

import fcntl
import functools
import os
import random
import socket
import tempfile
from pathlib import Path

_FIRST, _LAST = 15_000, 32_000
_held: set[int] = set()


@functools.cache
def _locks() -> int:
    path = Path(tempfile.gettempdir()) / f"fumibako-ports-{os.getuid()}.lock"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def reserved_port() -> int:
    """A port of 127.0.0.1 that is this process's until it ends."""
    while True:
        port = random.SystemRandom().randrange(_FIRST, _LAST)
        if port in _held:
            continue
        try:
            fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        _held.add(port)
        return port
