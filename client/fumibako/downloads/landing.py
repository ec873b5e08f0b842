"""Small files that come together: written under hidden names, made durable in a batch, then each given its name.

A crash leaves whole files under their names, and hidden ones that the next run of the same command writes anew.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fumibako.disk.durable import sync_folder, usual_mode
from fumibako.disk.locking import locked_file
from fumibako.disk.many_durable import FileSystems
from fumibako.disk.naming import hidden_name, name_new
from fumibako.disk.positioned import open_private, write_from
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


class Landing:
    """Files from several threads. ``lock`` is a file that no second run of the same command may hold at the same time."""

    def __init__(self, lock: Path, *, replace: bool) -> None:
        self._replace = replace
        self._mode = usual_mode()
        self._guard = threading.Lock()
        self._waiting: list[Landed] = []
        self._bytes = 0
        self._folders: set[Path] = set()
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
        try:
            self._prepare(one.path.parent)
            descriptor = open_private(hidden_name(one.path, one.identity))
            try:
                os.ftruncate(descriptor, 0)
                write_from(descriptor, plaintext, 0)
                if hasattr(os, "fchmod"):
                    os.fchmod(descriptor, self._mode)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise not_written(error, one.path.parent) from error
        with self._guard:
            self._waiting.append(one)
            self._bytes += len(plaintext)

    def settle_if_full(self) -> None:
        """``settle`` where enough waits for it."""
        if len(self._waiting) >= _FILES or self._bytes >= _BYTES:
            self.settle()

    def _prepare(self, folder: Path) -> None:
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            with self._guard:
                self._systems.join(folder)
                self._folders.add(folder)

    def settle(self) -> None:
        """Make what was written so far durable and give each its name. Raises the first UsageError("exists"), Full; the others have theirs."""
        with self._guard:
            batch, self._waiting, self._bytes = self._waiting, [], 0
        if not batch:
            return
        try:
            self._systems.sync([hidden_name(one.path, one.identity) for one in batch])
        except OSError as error:
            raise not_written(error, batch[0].path.parent) from error
        failures = [self._name(one) for one in batch]
        for folder in {one.path.parent for one in batch}:
            sync_folder(folder)
        for one, failure in zip(batch, failures, strict=True):
            if failure is None:
                one.named()
        if first := next(filter(None, failures), None):
            raise first

    def _name(self, one: Landed) -> ClientError | None:
        hidden = hidden_name(one.path, one.identity)
        try:
            if self._replace:
                hidden.replace(one.path)
            else:
                name_new(hidden, one.path)
            # What an earlier run that fetched this file alone had listed of it.
            hidden.with_suffix(".held").unlink(missing_ok=True)
        except FileExistsError:
            return exists(one.path)
        except OSError as error:
            return not_written(error, one.path.parent)
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
