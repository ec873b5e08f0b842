"""What the rounds of one kind came to: how many were played, how many faults met their victim, and how many rounds found something broken."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# Enough to see that something is broken; more rounds would only take time.
MOST_FOUND = 3
Record = Callable[[str, object], None]


@dataclass
class Tally:
    """``kind`` as the table shows it. ``met``: faults that struck; ``found``: what was broken, a line a round."""

    kind: str
    seed: int
    record: Record
    rounds: int = 0
    met: int = 0
    found: list[str] = field(default_factory=list)

    @contextmanager
    def round(self, number: int) -> Iterator[None]:
        """One round. What it finds is kept and the next one is played, until three have found something."""
        self.rounds += 1
        with self.end(number):
            yield

    @contextmanager
    def end(self, number: int) -> Iterator[None]:
        """What of a round is judged after all have been played."""
        try:
            yield
        except Exception as error:
            self.found.append(f"round {number}: {type(error).__name__}: {error} ({_where(error)})")
            if len(self.found) >= MOST_FOUND:
                self.conclude()
                raise

    def conclude(self) -> None:
        """Hand the line of the table to the report of the run. Raises AssertionError where anything was found."""
        line = {
            "kind": self.kind,
            "rounds": self.rounds,
            "met": self.met,
            "found": len(self.found),
            "seed": self.seed,
        }
        self.record("faults", line)
        assert not self.found, f"{self.kind}, FAULT_SEED={self.seed}:\n" + "\n".join(self.found)


def _where(error: Exception) -> str:
    """The lines of these tests that it passed, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{Path(one.filename).name}:{one.lineno}" for one in frames if "/faults/" in one.filename)
