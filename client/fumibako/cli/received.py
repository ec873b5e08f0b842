"""What ``receive`` fetched before, remembered on this computer: the server counts no download of who asked for the files.

One empty file a transfer, so that two jobs at once can't lose each other's notes. None outlives the longest transfer for long.
"""

import contextlib
import hashlib
import time
from pathlib import Path
from typing import Final

from fumibako.credentials import state_folder, write_private

_KEPT_SECONDS: Final = 400 * 24 * 3600


class Received:
    """The notes for one server."""

    def __init__(self, url: str) -> None:
        self._folder = state_folder() / "received" / hashlib.sha256(url.encode()).hexdigest()[:16]

    def __contains__(self, transfer: str) -> bool:
        return (self._folder / transfer).exists()

    def note(self, transfer: str) -> None:
        """This one arrived whole."""
        write_private(self._folder / transfer, "")
        for path in self._folder.iterdir():
            self._forget_if_old(path)

    @staticmethod
    def _forget_if_old(path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):  # another job was quicker
            if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
                path.unlink()
