"""A clock that tests move by hand."""

from dataclasses import dataclass

NEW_YEAR: int = 1_767_225_600_000  # 2026-01-01T00:00:00Z


@dataclass
class FakeClock:
    """``now`` is what it shows; it never goes back, like the real one."""

    now: int = NEW_YEAR

    def now_ms(self) -> int:
        return self.now

    def advance(self, ms: int) -> None:
        """Let time pass."""
        if ms < 0:
            raise ValueError("A clock never goes back.")
        self.now += ms
