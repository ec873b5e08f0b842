"""What outlives a power cut: whole files under their names."""

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":

    def sync_folder(folder: Path) -> None:  # as the other
        """Windows makes names durable with the file itself, and opens no folder."""

else:

    def sync_folder(folder: Path) -> None:
        """Make the names in a folder durable."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # Some network file systems refuse it; the file itself is durable all the same.
            with contextlib.suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_data(descriptor: int) -> None:
    """Make the bytes of a file durable. macOS and Windows know no fdatasync. Raises OSError."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def write_private(path: Path, content: str) -> None:
    """Write a file only its owner can read, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def usual_mode() -> int:
    """The mode a new file gets here: 0o666 without the umask."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
