"""Moves the box's clock ahead (clock/sitecustomize.py reads it). It never goes back."""

from pathlib import Path


class ClockHand:
    """``path`` is the file with the seconds that the box runs ahead of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ahead = 0
        self._write()

    @property
    def ahead(self) -> int:
        """Seconds by which the box runs ahead."""
        return self._ahead

    def pass_time(self, seconds: int) -> None:
        """Let time pass in the box. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("The box's clock never goes back.")
        self._ahead += seconds
        self._write()

    def _write(self) -> None:
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(str(self._ahead), "ascii")
        temporary.replace(self.path)
