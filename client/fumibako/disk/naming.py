"""Giving a finished file its name without taking anybody else's."""

import os
from pathlib import Path


def name_new(temporary: Path, destination: Path) -> None:
    """The name is the file's, and the temporary one is gone: link(2) refuses where rename(2) would replace. Raises FileExistsError, OSError."""
    try:
        os.link(temporary, destination)
    except FileExistsError:
        raise
    except OSError:
        # FAT, some network and phone file systems know no links: take the name first, then rename over it.
        os.close(os.open(destination, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        temporary.replace(destination)
        return
    temporary.unlink()


def hidden_name(destination: Path, identity: str) -> Path:
    """Where a file lies while it arrives: a hidden neighbour of its destination."""
    return destination.with_name(f".{_shortened(destination.name)}.{identity[-8:]}.part")


def _shortened(name: str) -> str:
    """At most 180 bytes of it: with what is put around it, still a name of 255."""
    return name.encode("utf-8")[:180].decode("utf-8", "ignore")
