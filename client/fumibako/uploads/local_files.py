"""What a person named on the command line, as a list of files with the names they get."""

import mimetypes
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
        raise UsageError(
            "file_unreadable",
            text("file_unreadable", path=shown_path(path), why=error.strerror),
            text("file_unreadable_hint"),
        ) from error
    if not stat.S_ISDIR(status.st_mode):
        yield _local(path, path.name)
        return
    root = path.resolve()
    for folder, folders, names in os.walk(root, onerror=_unreadable):
        folders.sort()
        for name in sorted([*names, *(one for one in folders if (Path(folder) / one).is_symlink())]):
            whole = Path(folder) / name
            if whole.is_symlink():
                skipped(whole)
            else:
                yield _local(whole, f"{root.name}/{whole.relative_to(root).as_posix()}")


def _unreadable(error: OSError) -> None:
    raise UsageError(
        "file_unreadable",
        text("file_unreadable", path=shown_path(Path(error.filename)), why=error.strerror),
        text("file_unreadable_hint"),
    )


def _local(path: Path, name: str) -> LocalFile:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError("not_a_file", text("not_a_file", path=shown_path(path)), text("not_a_file_hint"))
        with path.open("rb"):
            checked = check_name(name)
    except NameInvalid as error:
        raise UsageError("name_invalid", f"{shown_path(path)}: {error.message}", error.hint) from error
    except OSError as error:
        raise UsageError(
            "file_unreadable",
            text("file_unreadable", path=shown_path(path), why=error.strerror),
            text("file_unreadable_hint"),
        ) from error
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return LocalFile(path.absolute(), checked, status.st_size, status.st_mtime_ns, media_type)


def require_unchanged(local: LocalFile, descriptor: int) -> None:
    """Raises UsageError("file_changed") when size or time of change differ from when the file was chosen."""
    status = os.fstat(descriptor)
    if (status.st_size, status.st_mtime_ns) != (local.size, local.mtime_ns):
        raise UsageError("file_changed", text("file_changed", path=shown_path(local.path)), text("file_changed_hint"))
