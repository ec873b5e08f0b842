"""What the system says when a file can't be read or written, as the failure a person reads."""

import errno
from pathlib import Path

from fumibako.errors import ClientError, Full, UsageError
from fumibako.messages import shown_path, text

_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def not_written(error: OSError, folder: Path) -> ClientError:
    """Full("disk_full") or UsageError("unwritable")."""
    if error.errno in _NO_ROOM:
        return Full("disk_full", text("disk_full", path=shown_path(folder)), text("disk_full_hint"))
    return UsageError(
        "unwritable", text("unwritable", path=shown_path(folder), why=error.strerror or ""), text("unwritable_hint")
    )


def not_read(error: OSError, path: Path) -> UsageError:
    """UsageError("file_absent") or UsageError("file_unreadable")."""
    if isinstance(error, FileNotFoundError):
        return UsageError("file_absent", text("file_absent", path=shown_path(path)), text("file_absent_hint"))
    why = error.strerror or ""
    return UsageError(
        "file_unreadable", text("file_unreadable", path=shown_path(path), why=why), text("file_unreadable_hint")
    )


def changed(path: Path) -> UsageError:
    """UsageError("file_changed"): what was read is not what was there before."""
    return UsageError("file_changed", text("file_changed", path=shown_path(path)), text("file_changed_hint"))


def exists(path: Path) -> UsageError:
    """UsageError("exists"): nothing is written over unless that was asked for."""
    return UsageError("exists", text("exists", path=shown_path(path)), text("exists_hint"))
