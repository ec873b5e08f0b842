"""Small files that come together: written under hidden names, made durable in a batch, then each given its name.

A crash leaves whole files under their names, and hidden ones that the next run of the same command writes anew. What a file costs here is what
10,000 of them cost: names are texts and no paths, and each file is opened, written, closed and renamed, no more.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fumibako.disk.durable import sync_folder, usual_mode
from fumibako.disk.locking import locked_file
from fumibako.disk.many_durable import FileSystems
from fumibako.disk.naming import hidden_form, rename_new
from fumibako.disk.positioned import open_new, open_private, write_from
from fumibako.disk.refusals import exists, not_written
from fumibako.errors import ClientError, UsageError
from fumibako.messages import text

# A batch ends with as many; what a crash can undo is this much.
_FILES, _BYTES = 2_048, 64 << 20


@dataclass(frozen=True)
class Landed:
    """A file that is whole and checked. ``named`` is called once it lies durably under its name."""

    identity: str
    path: Path
    named: Callable[[], None]


@dataclass
class _Folder:
    """``path`` as text; ``left``: hidden names that stood in it before, of a run that was cut off."""

    path: str
    left: frozenset[str] = field(repr=False)


@dataclass
class _Waiting:
    """A file under its hidden name; ``held``: the list that a run which fetched this file alone had left of it."""

    one: Landed
    hidden: str
    target: str
    held: str | None


class Landing:
    """Files from several threads. ``lock`` is a file that no second run of the same command may hold at the same time."""

    def __init__(self, lock: Path, *, replace: bool) -> None:
        self._replace = replace
        self._mode = usual_mode()
        self._guard = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._bytes = 0
        self._folders: dict[Path, _Folder] = {}
        self._systems = FileSystems()
        self._lock_path = lock
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            held = locked_file(lock)
        except OSError as error:
            raise not_written(error, lock.parent) from error
        if held is None:
            raise UsageError("download_running", text("download_running"), text("upload_running_hint"))
        self._lock = held

    def write(self, one: Landed, plaintext: memoryview) -> None:
        """Write a whole file beside its destination. Raises Full, UsageError("unwritable")."""
        parent, name = one.path.parent, one.path.name
        hidden = hidden_form(name, one.identity)
        try:
            folder = self._folders.get(parent) or self._prepared(parent)
            waiting = _Waiting(one, f"{folder.path}{os.sep}{hidden}", f"{folder.path}{os.sep}{name}", None)
            held = f"{hidden.removesuffix('.part')}.held"
            if held in folder.left:
                waiting.held = f"{folder.path}{os.sep}{held}"
            self._write(waiting.hidden, plaintext, again=hidden in folder.left)
        except OSError as error:
            raise not_written(error, parent) from error
        with self._guard:
            self._waiting.append(waiting)
            self._bytes += len(plaintext)

    def _write(self, hidden: str, plaintext: memoryview, *, again: bool) -> None:
        descriptor = open_private(hidden) if again else open_new(hidden)
        try:
            if again:
                os.ftruncate(descriptor, 0)
                if hasattr(os, "fchmod"):
                    os.fchmod(descriptor, self._mode)
            write_from(descriptor, plaintext, 0)
        finally:
            os.close(descriptor)

    def settle_if_full(self) -> None:
        """``settle`` where enough waits for it."""
        if len(self._waiting) >= _FILES or self._bytes >= _BYTES:
            self.settle()

    def _prepared(self, parent: Path) -> _Folder:
        parent.mkdir(parents=True, exist_ok=True)
        left = frozenset(one.name for one in parent.iterdir() if one.name.startswith("."))
        with self._guard:
            self._systems.join(parent)
            return self._folders.setdefault(parent, _Folder(str(parent), left))

    def settle(self) -> None:
        """Make what was written so far durable and give each its name. Raises the first UsageError("exists"), Full; the others have theirs."""
        with self._guard:
            batch, self._waiting, self._bytes = self._waiting, [], 0
        if not batch:
            return
        try:
            self._systems.sync([one.hidden for one in batch])
            failures = [self._name(one) for one in batch]
            self._sync_names({one.one.path.parent for one in batch})
        except OSError as error:
            raise not_written(error, batch[0].one.path.parent) from error
        for one, failure in zip(batch, failures, strict=True):
            if failure is None:
                one.one.named()
        if first := next(filter(None, failures), None):
            raise first

    def _sync_names(self, folders: set[Path]) -> None:
        """Of many folders at once where the system can; each is a wait for the disk otherwise."""
        if not self._systems.sync_all(len(folders)):
            for folder in folders:
                sync_folder(folder)

    def _name(self, one: _Waiting) -> ClientError | None:
        try:
            if self._replace:
                Path(one.hidden).replace(one.target)
            else:
                rename_new(one.hidden, one.target)
            if one.held is not None:
                Path(one.held).unlink(missing_ok=True)
        except FileExistsError:
            return exists(one.one.path)
        except OSError as error:
            return not_written(error, one.one.path.parent)
        return None

    def close(self) -> None:
        """Nothing of it is left but the files."""
        self._systems.close()
        if os.name == "nt":  # no open file can be removed there
            os.close(self._lock)
        with contextlib.suppress(OSError):
            self._lock_path.unlink(missing_ok=True)
        if os.name != "nt":
            os.close(self._lock)
