"""What a person named on the command line, as a list of files with the names they get."""

import mimetypes
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fumibako.disk.positioned import open_to_read
from fumibako.errors import UsageError
from fumibako.messages import shown_path, text
from fumibako_format.errors import NameInvalid
from fumibako_format.names import check_name, display_name

MAX_FILES = 10_000


@dataclass(frozen=True)
class LocalFile:
    """A regular file as it was when it was chosen; ``name`` is the relative path with ``/`` that the receiver sees."""

    path: Path
    name: str
    size: int
    mtime_ns: int
    media_type: str


def collect(paths: Sequence[Path], *, skipped: Callable[[Path], None] | None = None) -> list[LocalFile]:
    """Files and folders, sorted within a folder. Links inside a folder are not followed: ``skipped`` is told of each.

    Raises UsageError for each way to be wrong.
    """
    return checked_files(list(walk(paths, skipped=skipped)))


def walk(paths: Sequence[Path], *, skipped: Callable[[Path], None] | None = None) -> Iterator[LocalFile]:
    """One file after another, not yet held against each other. Raises UsageError("too_many_files") as soon as that is certain."""
    count = 0
    for path in paths:
        for found in _walk(path, skipped or (lambda _: None)):
            count += 1
            if count > MAX_FILES:
                raise _too_many()
            yield found


def checked_files(found: list[LocalFile]) -> list[LocalFile]:
    """Files that may go together in one transfer. Raises UsageError (none, too many, two of one name)."""
    if not found:
        raise UsageError("no_files", text("no_files"), text("no_files_hint"))
    if len(found) > MAX_FILES:
        raise _too_many()
    seen: dict[str, Path] = {}
    for local in found:
        if local.name.casefold() in seen:
            raise UsageError(
                "duplicate_name", text("duplicate_name", name=display_name(local.name)), text("duplicate_name_hint")
            )
        seen[local.name.casefold()] = local.path
    return found


def _too_many() -> UsageError:
    return UsageError("too_many_files", text("too_many_files"), text("too_many_files_hint"))


def _walk(path: Path, skipped: Callable[[Path], None]) -> Iterator[LocalFile]:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise UsageError("file_absent", text("file_absent", path=shown_path(path)), text("file_absent_hint")) from None
    except OSError as error:  # a loop of links, a folder that can't be entered
        raise _unreadable(path, error) from error
    if not stat.S_ISDIR(status.st_mode):
        yield _local(path, path.name)
        return
    root = path.resolve()
    yield from _below(str(root), root.name, skipped)


def _below(folder: str, name: str, skipped: Callable[[Path], None]) -> Iterator[LocalFile]:
    """Files first, then folders, each by name. Texts and no paths: a folder may have 10,000 files."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda one: one.name)
        folders = [one for one in entries if one.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise _unreadable(Path(folder), error) from error
    for one in entries:
        if one.is_symlink():
            skipped(Path(one.path))
        elif not one.is_dir(follow_symlinks=False):
            yield _local(Path(one.path), f"{name}/{one.name}")
    for one in folders:
        yield from _below(one.path, f"{name}/{one.name}", skipped)


def _unreadable(path: Path, error: OSError) -> UsageError:
    why = text("file_unreadable", path=shown_path(path), why=error.strerror)
    return UsageError("file_unreadable", why, text("file_unreadable_hint"))


def _local(path: Path, name: str) -> LocalFile:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError("not_a_file", text("not_a_file", path=shown_path(path)), text("not_a_file_hint"))
        os.close(open_to_read(path))
        checked = check_name(name)
    except NameInvalid as error:
        raise UsageError("name_invalid", f"{shown_path(path)}: {error.message}", error.hint) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    absolute = path if path.is_absolute() else path.absolute()
    return LocalFile(absolute, checked, status.st_size, status.st_mtime_ns, _media_type(_endings(path.name)))


def _endings(name: str) -> str:
    """The last two endings of a name (``.tar.gz``): all that its media type depends on."""
    return ".".join(["", *name.split(".")[1:][-2:]])


@lru_cache(maxsize=1024)
def _media_type(endings: str) -> str:
    return mimetypes.guess_type(f"file{endings}")[0] or "application/octet-stream"


def require_unchanged(local: LocalFile, descriptor: int) -> None:
    """Raises UsageError("file_changed") when size or time of change differ from when the file was chosen."""
    status = os.fstat(descriptor)
    if (status.st_size, status.st_mtime_ns) != (local.size, local.mtime_ns):
        raise UsageError("file_changed", text("file_changed", path=shown_path(local.path)), text("file_changed_hint"))
