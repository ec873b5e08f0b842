"""Giving a finished file its name without taking anybody else's."""

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path

# renameat2(2): RENAME_NOREPLACE, and the folder that relative names are relative to.
_NO_REPLACE, _HERE = 1, -100
_UNKNOWN = frozenset((errno.EINVAL, errno.ENOSYS, errno.ENOTSUP))


def name_new(temporary: Path, destination: Path) -> None:
    """The name is the file's, and the temporary one is gone. Raises FileExistsError, OSError."""
    rename_new(str(temporary), str(destination))


def rename_new(temporary: str, destination: str) -> None:
    """The same for many files: renameat2(2) refuses a name that is taken in the same step, where the system and the file system have it."""
    call = _renameat2()
    if call is not None:
        if not call(_HERE, os.fsencode(temporary), _HERE, os.fsencode(destination), _NO_REPLACE):
            return
        reason = ctypes.get_errno()
        if reason not in _UNKNOWN:
            raise OSError(reason, os.strerror(reason), temporary, None, destination)
    _linked(temporary, destination)


def _linked(temporary: str, destination: str) -> None:
    """link(2) refuses where rename(2) would replace."""
    try:
        os.link(temporary, destination)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        # FAT, some network and phone file systems know no links: take the name first, then rename over it.
        os.close(os.open(destination, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        Path(temporary).replace(destination)
        return
    Path(temporary).unlink()


@cache
def _renameat2() -> "ctypes._NamedFuncPointer | None":
    """In glibc since 2.28, in musl not."""
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None


def hidden_name(destination: Path, identity: str) -> Path:
    """Where a file lies while it arrives: a hidden neighbour of its destination."""
    return destination.with_name(hidden_form(destination.name, identity))


def hidden_form(name: str, identity: str) -> str:
    """The name of it."""
    return f".{_shortened(name)}.{identity[-8:]}.part"


def _shortened(name: str) -> str:
    """At most 180 bytes of it: with what is put around it, still a name of 255."""
    if len(name) * 4 <= 180:
        return name
    return name.encode("utf-8")[:180].decode("utf-8", "ignore")
